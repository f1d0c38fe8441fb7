// A Grafana data source that reads a Prometheus directly.
import { FieldType, LoadingState, toDataFrame } from '@grafana/data';
import { sceneGraph } from '@grafana/scenes';

const SCRAPE = 10; // seconds, the chart's interval

export const settings = {
  uid: 'prometheus', name: 'Prometheus', type: 'prometheus', id: 1, access: 'proxy', jsonData: {}, readOnly: true, isDefault: true,
  meta: { id: 'prometheus', name: 'Prometheus', info: { logos: {} } },
};

const number = (text) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

function legend(format, labels) {
  if (format && format !== '__auto') return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name) => labels[name] ?? '');
  const { __name__: name = '', ...others } = labels;
  return `${name}{${Object.entries(others).map(([key, value]) => `${key}="${value}"`).join(', ')}}`;
}

export function prometheus(url, report) {
  async function ask(path, parameters) {
    const answer = await (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  }

  function tableFrame(refId, result) {
    const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))];
    return toDataFrame({
      refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: result.map(({ value }) => value[0] * 1000) },
        ...labels.map((name) => ({ name, type: FieldType.string, values: result.map(({ metric }) => metric[name] ?? '') })),
        { name: `Value #${refId}`, type: FieldType.number, values: result.map(({ value }) => number(value[1])) },
      ],
    });
  }

  const seriesFrame = (target, metric, times, values, config = {}) => toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config },
      { name: 'Value', type: FieldType.number, values, labels: metric, config: { displayNameFromDS: legend(target.legendFormat, metric) } },
    ],
  });

  async function one(target, scopedVars, from, to, step) {
    const variables = {
      ...scopedVars, __interval: { value: `${step}s` }, __interval_ms: { value: step * 1000 },
      __rate_interval: { value: `${Math.max(step + SCRAPE, 4 * SCRAPE)}s` }, __range: { value: `${Math.round(to - from)}s` },
    };
    const query = sceneGraph.interpolate(report.scene, target.expr, variables, (value) => (Array.isArray(value) ? value.join('|') : value));
    const seen = { query, series: 0 };
    report.queries.push(seen);
    if (target.instant) {
      const { result } = await ask('query', { query, time: to });
      seen.series = result.length;
      if (target.format === 'table') return [tableFrame(target.refId, result)];
      return result.map(({ metric, value }) => seriesFrame(target, metric, [value[0] * 1000], [number(value[1])]));
    }
    const start = Math.floor(from / step) * step;
    const { result } = await ask('query_range', { query, start, end: to, step });
    seen.series = result.length;
    return result.map(({ metric, values }) => {
      const known = new Map(values.map(([time, value]) => [time, number(value)]));
      const times = [];
      for (let time = start; time <= to; time += step) times.push(time);
      return seriesFrame(target, metric, times.map((time) => time * 1000), times.map((time) => known.get(time) ?? null), { interval: step * 1000 });
    });
  }

  return {
    ...settings,
    getRef: () => ({ uid: settings.uid, type: settings.type }),
    interpolateVariablesInQueries: (queries) => queries,
    async query({ targets, range, maxDataPoints, scopedVars }) {
      const from = range.from.valueOf() / 1000, to = range.to.valueOf() / 1000;
      const step = Math.max(SCRAPE, Math.ceil((to - from) / (maxDataPoints || 600)));
      const frames = await Promise.all(targets.map((target) => one(target, scopedVars, from, to, step)));
      return { data: frames.flat(), state: LoadingState.Done };
    },
    async metricFindQuery(asked) {
      const text = sceneGraph.interpolate(report.scene, typeof asked === 'string' ? asked : asked.query, {}, (value) => (Array.isArray(value) ? value.join('|') : value));
      const [, series, label] = /label_values\((?:(.+),)?\s*(\w+)\)/.exec(text);
      const values = await ask(`label/${label}/values`, series ? { 'match[]': series.trim() } : {});
      return values.map((value) => ({ text: value, value }));
    },
  };
}
