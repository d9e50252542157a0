/**
 * A machine as something to draw: boxes within boxes, and labelled edges between them, read from `machine.root`.
 *
 * Only what a reader of the chart needs is kept: effects whose name begins with `keep` or `count` (they only remember)
 * are left out.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { describeAction, describeEvent, describeGuard } from './words.ts';

/** A state. */
export interface ChartState {
  /** Machine id and keys of the path, joined by dots: what the inspector lights. */
  id: string;
  name: string;
  kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** What it invokes and does, and what it answers without leaving; one line each. */
  lines: string[];
  /** Id of the child that is entered first. */
  initial: string | undefined;
  children: ChartState[];
}

/** All transitions from one state to another. */
export interface ChartEdge {
  source: string;
  target: string;
  /** One line for each transition. */
  labels: string[];
}

export interface Chart {
  root: ChartState;
  edges: ChartEdge[];
}

/** The chart of a machine. */
export function toChart(machine: AnyStateMachine): Chart {
  const edges = new Map<string, ChartEdge>();
  const root = toState(machine.root);
  collectEdges(machine.root, (source, target, label) => {
    const key = `${source} → ${target}`;
    const edge = edges.get(key) ?? { source, target, labels: [] };
    edge.labels.push(label);
    edges.set(key, edge);
  });
  return { root, edges: [...edges.values()] };
}

/** Machine id and path of a state, whatever id it was given. */
export function stateId(node: AnyStateNode): string {
  return [node.machine.id, ...node.path].join('.');
}

function toState(node: AnyStateNode): ChartState {
  const children = Object.values(node.states) as AnyStateNode[];
  const initial = node.type === 'compound' ? node.initial.target[0] : undefined;
  return {
    id: stateId(node),
    name: node.key,
    kind: node.type === 'history' ? 'atomic' : node.type,
    lines: stateLines(node),
    initial: initial === undefined ? undefined : stateId(initial),
    children: children.map((child) => toState(child)),
  };
}

function stateLines(node: AnyStateNode): string[] {
  const invoked = node.invoke.map(({ id }) => `runs ${id}`);
  const entry = named(node.entry).map((action) => (action.startsWith('raise ') ? action : `do ${action}`));
  const exit = named(node.exit).map((action) => `leave: ${action}`);
  const answers = transitionsOf(node).flatMap(({ event, transition }) => {
    const actions = named(transition.actions);
    if (isMove(transition) || actions.length === 0) return [];
    return [`${describeEvent(event, node)} / ${actions.join(', ')}`];
  });
  return [...invoked, ...entry, ...exit, ...answers];
}

function named(actions: readonly unknown[]): string[] {
  return actions.map(describeAction).filter((name) => name !== undefined);
}

type Transition = AnyStateNode['transitions'] extends Map<string, (infer One)[]> ? One : never;

function transitionsOf(node: AnyStateNode): { event: string; transition: Transition }[] {
  const keyed = [...node.transitions].flatMap(([event, list]) => list.map((transition) => ({ event, transition })));
  return [...keyed, ...(node.always ?? []).map((transition) => ({ event: '', transition }))];
}

function isMove({ target, source, reenter }: Transition): boolean {
  return target !== undefined && target.length > 0 && (target[0] !== source || reenter);
}

function collectEdges(node: AnyStateNode, add: (source: string, target: string, label: string) => void): void {
  for (const { event, transition } of transitionsOf(node)) {
    if (!isMove(transition)) continue;
    const guard = describeGuard(transition.guard);
    const label = [describeEvent(event, node), guard].filter((part) => part !== '').join(' ');
    const unlabelled = (node.always ?? []).length > 1 ? 'else' : 'at once';
    for (const target of transition.target ?? []) add(stateId(node), stateId(target), label || unlabelled);
  }
  for (const child of Object.values(node.states) as AnyStateNode[]) collectEdges(child, add);
}
