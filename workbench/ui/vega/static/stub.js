// Sent with every chart, so it is short: the code it calls is loaded once a page.
function load(model) {
  return (globalThis.workbenchVega ??= (async () => {
    const runtime = await model.widget_manager.get_model(model.get("_runtime"));
    const packed = runtime.get("bundle");
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(stream).text();
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      return await import(address);
    } finally {
      URL.revokeObjectURL(address);
    }
  })());
}

export default {
  async render({ model, el, signal }) {
    const { render } = await load(model);
    if (!signal?.aborted) return render({ model, el });
  },
};
