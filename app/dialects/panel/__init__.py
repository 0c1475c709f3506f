"""The routes that dashboards of a hosting panel use: header `x-api-key`, bare arrays, `{"error": ...}`."""
