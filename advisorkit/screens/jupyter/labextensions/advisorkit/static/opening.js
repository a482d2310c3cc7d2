// JupyterLab runs a workbook when it is opened, all but its last cell, as long as the notebook's metadata ask for it.

async function opened(app) {
  const { context, content, sessionContext } = app.shell.currentWidget || {};
  if (!content || !sessionContext || opened.known.has(context)) return;
  opened.known.add(context);
  await Promise.all([context.ready, sessionContext.ready]);
  if (!(context.model.getMetadata("advisorkit") || {}).runs || app.shell.currentWidget.context !== context) return;
  content.activeCellIndex = content.widgets.length - 1;
  await app.commands.execute("notebook:run-all-above");
  content.activeCellIndex = 0;
  content.scrollToItem(0, "start");
}
opened.known = new WeakSet();

function activate(app) {
  app.shell.currentChanged.connect(() => opened(app));
  app.restored.then(() => opened(app));
}

(globalThis._JUPYTERLAB ??= {}).advisorkit = { init: () => {}, get: async () => () => ({ __esModule: true, default: { id: "advisorkit:opening", autoStart: true, activate } }) };
