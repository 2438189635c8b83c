import * as tf from '@tensorflow/tfjs-core';
import { graphAt } from './branches';
import { isAbsent, known, type Operator } from './operator';
import { unsupported } from './unsupported';
import { ofHost, ofTensor, planar, shapeOf, type Value } from './value';

/** Every turn is a part of the network: what it makes stays until the answer is there. */
const MOST_TURNS = 1024;

/**
 * `Loop` whose number of turns no data decides: a trip count, or a condition that shapes and constants tell. Inputs are
 * the trip count, the condition, the carried values and, after them, what the body takes from around it
 * (`withCaptured`).
 */
export const loop: Operator = (node, tools) => {
  const body = graphAt(node, 'body');
  // Constants of the file are no inputs of the body, and what it takes from outside comes last.
  const [turn, condition, ...names] = body.inputs.map(({ name }) => name);
  const carried = body.carried ?? names.length;
  if (body.outputs.length < 1 + carried) {
    unsupported(node, `gives ${body.outputs.length} values for ${carried} that it carries`);
  }
  const graph = tools.compile(body, body.outputs);
  const scanned = body.outputs.length - 1 - carried;
  return (inputs) => {
    const [trips, first, ...given] = inputs;
    const most = isAbsent(trips) ? Number.POSITIVE_INFINITY : known(node, trips, 'a trip count')[0];
    let goes = isAbsent(first) || known(node, first, 'a condition')[0] !== 0;
    let state: readonly Value[] = given.slice(0, carried);
    const around = given.slice(carried);
    const scans = Array.from({ length: scanned }, (): Value[] => []);
    for (let i = 0; goes && i < most; i++) {
      if (i >= MOST_TURNS) unsupported(node, `takes more than ${MOST_TURNS} turns`);
      const values = [ofHost([i], []), ofHost([1], []), ...state, ...around];
      const [next, ...results] = graph.runAll(
        new Map(
          [turn, condition, ...names].flatMap((name, k) => (name ? [[name, values[k]]] : [])),
        ),
      );
      goes = known(node, next, 'a condition')[0] !== 0;
      state = results.slice(0, carried);
      for (const [k, scan] of scans.entries()) scan.push(results[carried + k]);
    }
    return [...state, ...scans.map((values) => stacked(values))];
  };

  function stacked(values: readonly Value[]): Value {
    if (values.length === 0) return unsupported(node, 'collects nothing');
    const hosts = values.flatMap(({ host }) => host ?? []);
    const shape = shapeOf(values[0]);
    tools.room.bounded(node, [values.length, ...shape]);
    if (hosts.length === values.length) {
      const data = hosts.flatMap((host) => [...host.data]);
      return ofHost(data, [values.length, ...shape], hosts[0].integer);
    }
    return ofTensor(tf.stack(values.map(planar)));
  }
};
