// Starts Swagger UI on the document beside the page. Whoever is logged in to the console calls as that person: the
// cookie goes along by itself, and writes carry the token that the session's own pages carry.
"use strict";

const CONSOLE = "../../../console/";

const session = fetch(`${CONSOLE}session`, { credentials: "same-origin" })
  .then((answer) => answer.json())
  .catch(() => ({ user: null }));

async function withToken(request) {
  const { csrf } = await session;
  if (csrf && new URL(request.url, location.href).origin === location.origin) {
    request.headers["X-CSRF-Token"] = csrf;
  }
  return request;
}

session.then(({ user, tenant }) => {
  const line = document.createElement("p");
  const link = document.createElement("a");
  line.id = "session";
  line.style.cssText = "font: 16px/1.5 sans-serif; margin: 0; padding: .75rem 1.25rem; background: #17384b; color: #fff";
  link.style.color = "#fff";
  if (user) {
    line.append(`You are logged in as ${user} in ${tenant}: what you try here is done as you. `, link);
    link.href = CONSOLE;
    link.textContent = "Back to the console";
  } else {
    line.append("You are not logged in: use Authorize with a token, or ", link);
    link.href = `${CONSOLE}login?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "log in";
  }
  document.body.prepend(line);
});

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none", // hundreds of calls: the page is there at once, and each resource opens with a click
  filter: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  requestInterceptor: withToken,
});
