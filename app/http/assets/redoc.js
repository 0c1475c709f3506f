// Starts ReDoc on the document beside the page; its own font is the system's, so nothing is fetched.
Redoc.init(
  "openapi.json",
  { theme: { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } } },
  document.getElementById("api"),
);
