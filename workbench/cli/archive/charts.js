// Follows the charts' bundle in the same module, so that its names are at hand.
for (const place of document.querySelectorAll(".workbench-chart")) {
  const specification = JSON.parse(place.querySelector("script").textContent);
  __default.embed(place, specification, { actions: false, renderer: "svg", mode: "vega-lite" });
}
