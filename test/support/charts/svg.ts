/**
 * A laid out chart as an SVG that stands alone: readable in light and dark, without a script or a font of its own.
 *
 * Each state is a group with `data-state`, each transition one with `data-from` and `data-to`, for the inspector.
 */
import { font, headHeight, INITIAL } from './layout.ts';
import type { Layout, Place, PlacedEdge } from './layout.ts';
import type { Chart, ChartState } from './model.ts';

const style = `
  svg { --page: #ffffff; --box: #f5f7fa; --inner: #ffffff; --line: #8793a3; --ink: #18212c; --soft: #526071; --label: #23406b; --final: #e7f0e4; --lit: #fff1c9; --lit-line: #c8321f; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --box: #161c24; --inner: #1f2732; --line: #66758a; --ink: #e8edf3; --soft: #a3b1c2; --label: #9cc2ff; --final: #1d3325; --lit: #4a3a10; --lit-line: #ff8a70; }
  }
  text { font-family: 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace; fill: var(--ink); }
  .page { fill: var(--page); }
  .state rect { fill: var(--inner); stroke: var(--line); stroke-width: 1.2; }
  .state.compound > rect, .state.parallel > rect { fill: var(--box); }
  .state.region > rect { stroke-dasharray: 5 4; }
  .state.final > rect { fill: var(--final); stroke-width: 3; }
  .state.lit > rect { stroke: var(--lit-line); stroke-width: 2.5; }
  .state.lit:not(.compound, .parallel) > rect { fill: var(--lit); }
  .name { font-size: ${font.title}px; font-weight: 600; }
  .line { font-size: ${font.line}px; fill: var(--soft); }
  .edge path { fill: none; stroke: var(--line); stroke-width: 1.3; }
  .edge rect { fill: var(--box); opacity: 0.88; }
  .label { font-size: ${font.label}px; fill: var(--label); }
  .initial, .arrow { fill: var(--ink); stroke: none; }`;

/** The drawing. */
export function toSvg(chart: Chart, layout: Layout): string {
  const { width, height } = layout;
  const name = escape(chart.root.name);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">The chart ${name}</title>`,
    `<style>${style}\n</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="arrow" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...drawState(chart.root, layout, false),
    ...layout.edges.map(drawEdgePath),
    ...layout.edges.flatMap(drawEdgeLabels),
    '</svg>',
    '',
  ].join('\n');
}

function drawState(state: ChartState, layout: Layout, isRegion: boolean): string[] {
  const place = placeOf(layout, state.id);
  const dot = layout.places.get(`${state.id}${INITIAL}`);
  const inner = state.children.flatMap((child) => drawState(child, layout, state.kind === 'parallel'));
  const corner = state.children.length === 0 ? 8 : 10;
  return [
    `<g class="state ${state.kind}${isRegion ? ' region' : ''}" data-state="${escape(state.id)}">`,
    `<rect x="${place.x}" y="${place.y}" width="${place.width}" height="${place.height}" rx="${corner}"/>`,
    ...drawHead(state, place),
    ...(dot === undefined ? [] : [drawDot(dot)]),
    '</g>',
    ...inner,
  ];
}

function drawHead(state: ChartState, place: Place): string[] {
  const isLeaf = state.children.length === 0;
  const x = isLeaf ? place.x + place.width / 2 : place.x + 12;
  const anchor = isLeaf ? ' text-anchor="middle"' : '';
  const top = isLeaf ? place.y + (place.height - headHeight(state)) / 2 : place.y;
  const lineY = (index: number) => round(top + 24 + (index + 0.8) * font.line * font.leading);
  return [
    `<text class="name" x="${round(x)}" y="${round(top + 17)}"${anchor}>${escape(state.name)}</text>`,
    ...state.lines.map(
      (line, index) => `<text class="line" x="${round(x)}" y="${lineY(index)}"${anchor}>${escape(line)}</text>`,
    ),
  ];
}

function drawDot({ x, y, width }: Place): string {
  const radius = width / 2;
  return `<circle class="initial" cx="${round(x + radius)}" cy="${round(y + radius)}" r="${radius}"/>`;
}

function drawEdgePath({ source, target, points }: PlacedEdge): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  const ends = `data-from="${escape(source.replace(INITIAL, ''))}" data-to="${escape(target)}"`;
  return `<g class="edge" ${ends}><path d="${path}" marker-end="url(#arrow)"/></g>`;
}

function drawEdgeLabels({ labels }: PlacedEdge): string[] {
  return labels.flatMap(({ x, y, width, height, text }) => [
    `<g class="edge"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`,
    ...text.split('\n').map((line, index) => {
      const baseline = round(y + (index + 0.8) * font.label * font.leading);
      return `<text class="label" x="${round(x + width / 2)}" y="${baseline}" text-anchor="middle">${escape(line)}</text>`;
    }),
    '</g>',
  ]);
}

function placeOf(layout: Layout, id: string): Place {
  const place = layout.places.get(id);
  if (place === undefined) throw new Error(`The layout has no place for ${id}.`);
  return place;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
