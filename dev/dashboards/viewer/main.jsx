// Shows the dashboard of /dashboard.json. Parameters: prometheus (its address), and var-NAME, a value of a variable.
import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import '@fontsource/roboto-mono/400.css';
import 'uplot/dist/uPlot.min.css';
import 'react-grid-layout/css/styles.css';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';
import { catchError, from, map, of } from 'rxjs';
import { EventBusSrv, LoadingState, ThemeContext, createTheme } from '@grafana/data';
import * as I18N from '@grafana/i18n';
import * as Runtime from '@grafana/runtime';
import * as Scenes from '@grafana/scenes';
import { GlobalStyles } from '@grafana/ui';
import { registerPanels } from './panels.jsx';
import { prometheus, settings } from './prometheus.js';

const parameters = new URLSearchParams(location.search);
const report = (window.report = { scene: null, queries: [], errors: [] }); // what shot.mjs reads
window.addEventListener('error', ({ message }) => report.errors.push(String(message)));
const source = prometheus(parameters.get('prometheus'), report);
const REF = { uid: settings.uid, type: settings.type };

// The services that Grafana gives to what runs in it.
function provideServices(panels) {
  const { config } = Runtime;
  config.theme2 = createTheme({ colors: { mode: 'dark' } });
  config.featureToggles ??= {};
  config.bootData ??= { user: { locale: 'en-US' }, settings: {} };
  Runtime.setAppEvents?.(new EventBusSrv());
  Runtime.setEchoSrv({ addEvent() {}, flush() {}, addBackend() {} });
  Runtime.setLocationSrv({ update() {}, partial() {} });
  Runtime.setBackendSrv({ get: async () => ({}), post: async () => ({}), fetch: () => { throw new Error('there is no backend'); } });
  Runtime.setDataSourceSrv({ get: async () => source, getList: () => [settings], getInstanceSettings: () => settings, reload() {} });
  const failed = (request, error) => {
    report.errors.push(`${error.message}: ${request.targets.map(({ expr }) => expr).join(' ; ')}`);
    return { series: [], state: LoadingState.Error, errors: [{ message: error.message }], timeRange: request.range, request };
  };
  Runtime.setRunRequest((_, request) => from(source.query(request)).pipe(
    map(({ data }) => ({ series: data, state: LoadingState.Done, timeRange: request.range, request, structureRev: 1 })),
    catchError((error) => of(failed(request, error)))));
  Runtime.setPluginImportUtils({ importPanelPlugin: async (id) => panels[id], getPanelPluginFromCache: (id) => panels[id] });
}

function variable(v) {
  if (v.type === 'datasource') return new Scenes.DataSourceVariable({ name: v.name, label: v.label, pluginId: v.query, value: settings.uid, text: settings.name });
  const chosen = parameters.get(`var-${v.name}`);
  return new Scenes.QueryVariable({ name: v.name, label: v.label, query: v.query, datasource: REF, isMulti: v.multi, includeAll: v.includeAll, defaultToAll: v.includeAll && !chosen,
    allValue: v.allValue, refresh: v.refresh, sort: v.sort, ...(chosen && { value: chosen, text: chosen }) });
}

function panel(p) {
  const queries = new Scenes.SceneQueryRunner({ queries: p.targets, datasource: REF, maxDataPoints: 600 });
  const data = p.transformations?.length ? new Scenes.SceneDataTransformer({ $data: queries, transformations: p.transformations }) : queries;
  const body = new Scenes.VizPanel({ key: `panel-${p.id}`, title: p.title, description: p.description, pluginId: p.type, options: p.options, fieldConfig: p.fieldConfig, $data: data });
  return new Scenes.SceneGridItem({ x: p.gridPos.x, y: p.gridPos.y, width: p.gridPos.w, height: p.gridPos.h, body });
}

function Page({ dashboard, scene }) {
  return (
    <div style={{ padding: 16, background: Runtime.config.theme2.colors.background.canvas, minHeight: '100vh', display: 'flex', flexDirection: 'column' }}>
      <div style={{ fontSize: 18, fontWeight: 500, marginBottom: 8 }}>{dashboard.title}</div>
      <scene.Component model={scene} />
    </div>
  );
}

async function main() {
  await (I18N.initPluginTranslations?.('grafana', []) ?? I18N.initTestI18n?.());
  provideServices(registerPanels());
  const dashboard = await (await fetch('/dashboard.json')).json();
  const scene = (report.scene = new Scenes.EmbeddedScene({
    $timeRange: new Scenes.SceneTimeRange({ from: parameters.get('from') ?? dashboard.time.from, to: dashboard.time.to, timeZone: 'utc' }),
    $variables: new Scenes.SceneVariableSet({ variables: dashboard.templating.list.map(variable) }),
    controls: [new Scenes.VariableValueSelectors({}), new Scenes.SceneControlsSpacer(), new Scenes.SceneTimePicker({})],
    body: new Scenes.SceneGridLayout({ isDraggable: false, isResizable: false, children: dashboard.panels.map(panel) }),
  }));
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={Runtime.config.theme2}><MemoryRouter><GlobalStyles /><Page dashboard={dashboard} scene={scene} /></MemoryRouter></ThemeContext.Provider>);
}

main().catch((error) => report.errors.push(error.stack ?? String(error)));
