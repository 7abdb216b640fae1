// Addresses are relative to the page, so that it works below a prefix as well.
SwaggerUIBundle({
  url: "docs/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
});
