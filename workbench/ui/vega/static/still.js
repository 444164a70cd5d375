// Follows the charts' bundle in the same module, so that its names are at hand.
const NARROWEST = 640;
for (const place of document.querySelectorAll(".workbench-chart")) {
  const specification = JSON.parse(place.querySelector("script").textContent);
  // The embedder makes the place as narrow as what is in it, which at first is nothing.
  place.style.display = "block";
  if (specification.width === "container") {
    specification.width = Math.max(place.clientWidth, NARROWEST);
    specification.autosize = { type: "fit-x", contains: "padding" };
  }
  __default.embed(place, specification, { actions: false, renderer: "svg", mode: "vega-lite", logLevel: 1 });
}
