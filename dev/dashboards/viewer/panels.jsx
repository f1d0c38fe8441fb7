// The four kinds of panels that our dashboards use, drawn with Grafana's own components.
import React from 'react';
import { FieldConfigProperty, FieldType, PanelPlugin, cacheFieldDisplayNames, getDisplayValueAlignmentFactors, getFieldDisplayValues,
  identityOverrideProcessor, standardEditorsRegistry, standardFieldConfigEditorRegistry, standardTransformers, standardTransformersRegistry, thresholdsOverrideProcessor,
  valueMappingsOverrideProcessor } from '@grafana/data';
import { config } from '@grafana/runtime';
import { sceneUtils } from '@grafana/scenes';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

const Empty = ({ text = 'No data' }) => <div style={{ display: 'flex', height: '100%', alignItems: 'center', justifyContent: 'center', opacity: 0.7 }}>{text}</div>;

// One drawing for each value of each series.
const each = (draw) => function Values({ data, width, height, options, fieldConfig, replaceVariables, timeZone, renderCounter }) {
  if (data.series.length === 0) return <Empty text={fieldConfig.defaults.noValue} />;
  const values = () => getFieldDisplayValues({ fieldConfig, reduceOptions: options.reduceOptions, replaceVariables, theme: config.theme2, data: data.series, timeZone });
  return <VizRepeater getValues={values} getAlignmentFactors={getDisplayValueAlignmentFactors} renderValue={(value) => draw(value, options)} width={width} height={height}
    source={data} itemSpacing={3} renderCounter={renderCounter} autoGrid={draw === tile} orientation={options.orientation} minVizHeight={options.minVizHeight} maxVizHeight={options.maxVizHeight} />;
};
const tile = ({ value, alignmentFactors, width, height, count }, options) => <BigValue value={value.display} count={count} colorMode={options.colorMode} graphMode={options.graphMode}
  justifyMode={options.justifyMode} textMode={count > 1 ? 'value_and_name' : 'value'} alignmentFactors={alignmentFactors} width={width} height={height} theme={config.theme2} />;
const bar = ({ value, width, height, orientation }, options) => <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor?.(value.colIndex)}
  width={width} height={height} orientation={orientation} text={options.text} displayMode={options.displayMode} theme={config.theme2} />;

function Lines({ data, width, height, options, fieldConfig, timeRange, timeZone, replaceVariables }) {
  const frames = data.series.filter(({ fields }) => fields.some(({ type }) => type === FieldType.number));
  if (frames.length === 0) return <Empty text={fieldConfig.defaults.noValue} />;
  return <TimeSeries frames={frames} structureRev={data.structureRev} timeRange={timeRange} timeZone={timeZone} width={width} height={height} legend={options.legend} options={options}
    replaceVariables={replaceVariables}>{() => null}</TimeSeries>;
}

function Rows({ data, width, height, options, fieldConfig }) {
  const [frame] = data.series;
  if (!frame || frame.length === 0) return <Empty text={fieldConfig.defaults.noValue} />;
  cacheFieldDisplayNames(data.series);
  return <TableNG data={frame} width={width} height={height} fieldConfig={fieldConfig} initialSortBy={options.sortBy} getActions={() => []} structureRev={data.structureRev} />;
}

// Grafana's own defaults of a line.
const LINE = { drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none', showPoints: 'auto', pointSize: 5, barAlignment: 0, spanNulls: false,
  insertNulls: false, stacking: { mode: 'none', group: 'A' }, lineStyle: { fill: 'solid' }, axisPlacement: 'auto', axisLabel: '', axisColorMode: 'text', axisBorderShow: false,
  axisCenteredZero: false, scaleDistribution: { type: 'linear' }, thresholdsStyle: { mode: 'off' }, hideFrom: { tooltip: false, viz: false, legend: false }, barWidthFactor: 0.6 };
const CELL = { align: 'auto', cellOptions: { type: 'auto' }, width: undefined, minWidth: undefined, filterable: undefined, hideFrom: undefined, inspect: false };

const option = (id, more) => ({ id, path: id, name: id, editor: () => null, override: () => null, process: identityOverrideProcessor, shouldApply: () => true, settings: {}, ...more });
const custom = (defaults) => (builder) => Object.entries(defaults).forEach(([id, defaultValue]) => builder.addCustomEditor(option(id, { defaultValue })));
const byThreshold = { [FieldConfigProperty.Color]: { settings: { byValueSupport: true }, defaultValue: { mode: 'thresholds' } } };
const byPalette = { [FieldConfigProperty.Color]: { defaultValue: { mode: 'palette-classic' } } };

export function registerPanels() {
  const editors = ['select', 'number', 'text', 'unit', 'color', 'thresholds', 'mappings', 'boolean', 'stats-picker', 'fieldColor', 'links', 'multi-select', 'radio', 'slider', 'strings',
    'timezone', 'field-name', 'actions', 'dashboard-uid'];
  standardEditorsRegistry.setInit(() => editors.map((id) => ({ id, name: id, editor: () => null })));
  const processors = { thresholds: thresholdsOverrideProcessor, mappings: valueMappingsOverrideProcessor };
  const properties = ['unit', 'min', 'max', 'decimals', 'displayName', 'color', 'thresholds', 'mappings', 'links', 'noValue', 'filterable', 'fieldMinMax', 'description'];
  standardFieldConfigEditorRegistry.setInit(() => properties.map((id) => option(id, { ...(processors[id] && { process: processors[id] }), ...(id === 'mappings' && { defaultValue: [] }) })));
  const transformers = new Map(Object.values(standardTransformers).map((transformation) => [transformation.id, transformation]));
  standardTransformersRegistry.setInit(() => [...transformers.values()].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation, editor: () => null, imageDark: '', imageLight: '' })));

  const kinds = {
    timeseries: new PanelPlugin(Lines).useFieldConfig({ standardOptions: byPalette, useCustomConfig: custom(LINE) }),
    stat: new PanelPlugin(each(tile)).useFieldConfig({ standardOptions: byThreshold }),
    bargauge: new PanelPlugin(each(bar)).useFieldConfig({ standardOptions: byThreshold }),
    table: new PanelPlugin(Rows).useFieldConfig({ standardOptions: byThreshold, useCustomConfig: custom(CELL) }),
  };
  for (const [id, plugin] of Object.entries(kinds)) {
    plugin.meta = { id, name: id, info: {}, module: '', baseUrl: '', type: 'panel' };
    sceneUtils.registerRuntimePanelPlugin({ pluginId: id, plugin });
  }
  return kinds;
}
