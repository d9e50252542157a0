/**
 * Gives a chart its places, by ELK's layered algorithm: the same chart always gets the same ones.
 *
 * Text is set in a fixed-width face, so that its size is known without a browser.
 */
import type { ELK, ElkNode, ElkExtendedEdge, LayoutOptions } from 'elkjs/lib/elk-api.js';
import ElkBundled from 'elkjs/lib/elk.bundled.js';
import type { Chart, ChartState } from './model.ts';

/** Sizes in pixels. */
export const font = { title: 13, line: 11, label: 11, advance: 0.602, leading: 1.45 } as const;
const box = { padding: 10, titleHeight: 24, initialDot: 10, minWidth: 72 } as const;
/** Suffix of the node that stands for "entered first". */
export const INITIAL = '#initial';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedEdge {
  source: string;
  target: string;
  points: { x: number; y: number }[];
  labels: (Place & { text: string })[];
}

export interface Layout {
  width: number;
  height: number;
  /** By state id; an initial dot has its parent's id and `INITIAL`. */
  places: Map<string, Place>;
  edges: PlacedEdge[];
}

const common: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '1',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
};

/** Regions of a parallel state have no transitions between them; they are packed like boxes. */
const packed: LayoutOptions = {
  'elk.algorithm': 'rectpacking',
  'elk.hierarchyHandling': 'SEPARATE_CHILDREN',
  'elk.spacing.nodeNode': '16',
  'elk.rectpacking.orderBySize': 'true',
  'elk.rectpacking.widthApproximation.strategy': 'TARGET_WIDTH',
  'elk.rectpacking.widthApproximation.targetWidth': '1130',
  'elk.rectpacking.packing.strategy': 'COMPACTION',
  'elk.rectpacking.packing.compaction.rowHeightReevaluation': 'true',
  'elk.rectpacking.packing.compaction.iterations': '4',
};

/** Width to height that reads best on a page. */
const BEST_RATIO = 1.3;
/** Widest picture that is not scaled down on a page, in pixels. */
const PAGE_WIDTH = 1000;

type Direction = 'DOWN' | 'RIGHT';

/** The layout that reads best: from top to bottom or from left to right, and the same for regions side by side. */
export async function layOut(chart: Chart): Promise<Layout> {
  const directions: Direction[] = ['DOWN', 'RIGHT'];
  const choices = directions.flatMap((page) => directions.map((region) => ({ page, region })));
  const layouts = [];
  for (const choice of choices) layouts.push(await layOutIn(chart, choice));
  const [best] = layouts.toSorted((left, right) => unfitness(left) - unfitness(right));
  if (best === undefined) throw new Error('No layout.');
  return best;
}

function unfitness({ width, height }: Layout): number {
  const tooWide = Math.max(0, width / PAGE_WIDTH - 1);
  return Math.abs(Math.log(width / height / BEST_RATIO)) + 3 * tooWide;
}

interface Directions {
  page: Direction;
  region: Direction;
}

export async function layOutIn(chart: Chart, directions: Directions): Promise<Layout> {
  const edges = [...chart.edges.map(toElkEdge), ...initialEdges(chart.root)];
  const graph: ElkNode = {
    id: 'page',
    layoutOptions: { ...common, 'elk.direction': directions.page, 'elk.padding': '[top=8,left=8,bottom=8,right=8]' },
    children: [toElkNode(chart.root, directions)],
    edges,
  };
  // The published types describe a class where the module has a constructor as its default export.
  const elk = new (ElkBundled as unknown as new () => ELK)();
  return fromElk(await elk.layout(graph));
}

/** Width of a text in the fixed-width face, in pixels. */
export function textWidth(text: string, size: number): number {
  return Math.ceil(text.length * size * font.advance);
}

function toElkNode(state: ChartState, directions: Directions): ElkNode {
  const textWidths = [textWidth(state.name, font.title), ...state.lines.map((line) => textWidth(line, font.line))];
  const width = Math.max(box.minWidth, ...textWidths) + 2 * box.padding;
  const height = headHeight(state);
  if (state.children.length === 0) return { id: state.id, width, height: height + 4 };
  const dot = state.initial === undefined ? [] : [initialDot(state)];
  const inner = state.kind === 'parallel' ? { ...directions, page: directions.region } : directions;
  return {
    id: state.id,
    layoutOptions: {
      ...(state.kind === 'parallel' ? packed : { ...common, 'elk.direction': directions.page }),
      'elk.padding': `[top=${height + box.padding},left=16,bottom=16,right=16]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
    children: [...dot, ...state.children.map((child) => toElkNode(child, inner))],
  };
}

/** Height of a box's title and lines, in pixels. */
export function headHeight(state: ChartState): number {
  const lines = state.lines.length * font.line * font.leading;
  return Math.ceil(box.titleHeight + (state.lines.length > 0 ? lines + 4 : 0));
}

function initialDot(state: ChartState): ElkNode {
  return { id: `${state.id}${INITIAL}`, width: box.initialDot, height: box.initialDot };
}

function initialEdges(state: ChartState): ElkExtendedEdge[] {
  const inner = state.children.flatMap(initialEdges);
  if (state.initial === undefined) return inner;
  const source = `${state.id}${INITIAL}`;
  return [{ id: `${source} → ${state.initial}`, sources: [source], targets: [state.initial] }, ...inner];
}

function toElkEdge({ source, target, labels }: Chart['edges'][number]): ElkExtendedEdge {
  const text = labels.join('\n');
  const width = Math.max(...labels.map((label) => textWidth(label, font.label))) + 6;
  const height = Math.ceil(labels.length * font.label * font.leading) + 2;
  return {
    id: `${source} → ${target}`,
    sources: [source],
    targets: [target],
    labels: [{ text, width, height, layoutOptions: { 'elk.edgeLabels.placement': 'CENTER' } }],
  };
}

function fromElk(graph: ElkNode): Layout {
  const places = new Map<string, Place>();
  collectPlaces(graph, places);
  const page = places.get(graph.id) ?? { width: 0, height: 0 };
  return {
    width: Math.ceil(page.width),
    height: Math.ceil(page.height),
    places,
    edges: allEdges(graph).map(placeEdge),
  };
}

function collectPlaces(node: ElkNode, places: Map<string, Place>): void {
  places.set(node.id, toPlace(node));
  for (const child of node.children ?? []) collectPlaces(child, places);
}

function toPlace({ x = 0, y = 0, width = 0, height = 0 }: Partial<Place>): Place {
  const round = (value: number) => Math.round(value * 10) / 10;
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

function allEdges(node: ElkNode): ElkExtendedEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(allEdges)];
}

function placeEdge(edge: ElkExtendedEdge): PlacedEdge {
  const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  return {
    source: edge.sources[0] ?? '',
    target: edge.targets[0] ?? '',
    points: points.map(({ x, y }) => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 })),
    labels: (edge.labels ?? []).map((label) => ({ ...toPlace(label), text: label.text ?? '' })),
  };
}
