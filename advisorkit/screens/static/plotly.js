// plotly.js, from the installed package through the kernel, once a page and only when a chart is explored.

function plotlyOnce(model) {
  window.akPlotly ??= new Promise((ready, failed) => {
    const hear = async (message, buffers) => {
      if (!message.plotly) return;
      model.off("msg:custom", hear);
      const unpacked = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
      const source = await new Response(unpacked, { headers: { "Content-Type": "text/javascript" } }).blob();
      const script = h("script", { src: URL.createObjectURL(source), onload: () => ready(window.Plotly), onerror: failed });
      document.head.append(script);
    };
    model.on("msg:custom", hear);
    model.send({ plotly: true });
  });
  return window.akPlotly;
}
