"use strict";

/** Weights of all layers and heads, read from the page's bytes: 0 is below the floor, then equal steps of the logarithm; the second condition as distance from the first. */
class Patterns {
  constructor(page, codes) {
    this.page = page;
    this.codes = codes;
    this.rows = Math.ceil(page.tokens.length / page.block);
    this.cells = this.rows * (this.rows + 1) / 2; // of one pattern: row by row, keys up to the query
    this.record = page.tokens.length + this.cells; // what each token receives, then the cells
    this.weights = this.table(page.levels);
    this.fine = this.table(255);
    const patterns = page.layers.length * page.heads.length * page.names.length;
    if (codes.length !== patterns * this.record) {
      throw new Error(`The page holds ${codes.length} weights where ${patterns} patterns of ${this.record} were written.`);
    }
    const half = codes.length / 2;
    for (let i = half; i < codes.length && page.names.length === 2; i++) {
      codes[i] += codes[i - half]; // modulo 256
    }
  }

  static async read(page) {
    const text = atob(page.patterns);
    const bytes = Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Patterns(page, new Uint8Array(await new Response(stream).arrayBuffer()));
  }

  table(levels) {
    const { floor, top } = this.page;
    return Float32Array.from({ length: 256 }, (_, code) => code === 0 ? 0 : floor * Math.pow(top / floor, (code - 1) / (levels - 1)));
  }

  /** Place of a cell in what `cellsOf` returns. */
  static at(row, column) {
    return row * (row + 1) / 2 + column;
  }

  /** Weights of a condition (0 or 1) in a layer and head, or their mean over heads where head is null. */
  cellsOf(condition, layer, head) {
    return this.mean(condition, layer, head, this.page.tokens.length, this.cells, this.weights);
  }

  /** What each token receives: the mean weight that it gets from itself and all later tokens. */
  receivedOf(condition, layer, head) {
    return this.mean(condition, layer, head, 0, this.page.tokens.length, this.fine);
  }

  mean(condition, layer, head, from, count, weights) {
    const heads = this.page.heads.length;
    const chosen = head === null ? this.page.heads.map((_, i) => i) : [head];
    const sum = new Float32Array(count);
    for (const one of chosen) {
      const start = ((condition * this.page.layers.length + layer) * heads + one) * this.record + from;
      for (let i = 0; i < count; i++) {
        sum[i] += weights[this.codes[start + i]];
      }
    }
    return chosen.length === 1 ? sum : sum.map(value => value / chosen.length);
  }
}
