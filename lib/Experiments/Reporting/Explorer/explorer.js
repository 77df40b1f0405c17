"use strict";

/** Connects the controls with the pictures. */
class Explorer {
  constructor(page, patterns) {
    this.page = page;
    this.patterns = patterns;
    this.hint = this.control("readout").textContent;
    this.controls = document.querySelector(".controls");
    const labels = Array.from({ length: patterns.rows }, (_, row) => this.nameOf(row));
    this.heatmap = new Heatmap(document.getElementById("heatmap"), { rows: labels, columns: labels, rowTitle: "query token", columnTitle: "key token", point: cell => this.read(cell), choose: cell => this.tokens.choose(cell && Math.min((cell.row + 1) * page.block, page.tokens.length) - 1) });
    this.tokens = new TokenViews(this);
    this.control("zoom").value = this.heatmap.fitting();
    this.zoom();
    this.controls.addEventListener("input", event => event.target.id === "zoom" ? this.zoom() : this.show(event.target.id));
    this.controls.addEventListener("submit", event => event.preventDefault());
    document.getElementById("heatmap").addEventListener("keydown", event => this.press(event));
    this.show();
  }

  control(id) {
    return document.getElementById(id);
  }

  zoom() {
    const cell = Number(this.control("zoom").value);
    this.heatmap.zoom(cell);
    this.tokens.zoom(Math.max(1, Math.round(cell / this.page.block)));
  }

  /** The label of a cell's row or column: its token, or from its first token to its last. */
  nameOf(row) {
    const { tokens, block } = this.page;
    const own = tokens.slice(row * block, (row + 1) * block);
    return own.length === 1 ? own[0] : `${own[0]} … ${own[own.length - 1]}`;
  }

  /** What the controls say. */
  get state() {
    const average = this.control("average").checked;
    return {
      layer: Number(this.control("layer").value),
      head: average ? null : Number(this.control("head").value),
      kind: this.controls.elements.kind.value,
      logarithmic: this.control("log").checked,
      hideFirst: this.control("hide-first").checked,
      hideUpper: this.control("hide-upper").checked,
    };
  }

  show(changed) {
    if (changed === "head") {
      this.control("average").checked = false; // whoever moves to a head wants to see it
    }
    const { page, patterns, state } = this;
    const { layer, head, kind } = state;
    this.control("layer-number").value = page.layers[layer];
    this.control("head-number").value = head === null ? "all" : page.heads[head];
    this.off = patterns.cellsOf(0, layer, head);
    this.on = page.names.length === 2 ? patterns.cellsOf(1, layer, head) : null;
    const difference = kind === "difference";
    this.scale = difference
      ? new ColorScale(page.difference, page.reach, { floor: page.floor, logarithmic: state.logarithmic, difference })
      : new ColorScale(page.amount, page.top, { floor: page.floor, logarithmic: state.logarithmic, difference });
    this.showLegend(difference);
    this.heatmap.show(this.pixels(), `${this.where()}: attention weights, ${this.conditionName()}, queries downward, keys to the right.`);
    this.read(this.heatmap.hovered);
    this.tokens.show();
  }

  conditionName() {
    const [off, on] = this.page.names;
    return { off, on, difference: `${on} − ${off}` }[this.state.kind];
  }

  where() {
    const { layer, head } = this.state;
    return `layer ${this.page.layers[layer]}, ${head === null ? "mean over heads" : `head ${this.page.heads[head]}`}`;
  }

  /** Of two conditions' values the ones to be shown. */
  pick(off, on) {
    const { kind } = this.state;
    return kind === "off" ? off : kind === "on" ? on : on.map((value, i) => value - off[i]);
  }

  pixels() {
    const { scale, state } = this;
    const { rows } = this.patterns;
    const values = this.pick(this.off, this.on);
    const pixels = new Uint32Array(rows * rows).fill(state.hideUpper ? 0 : scale.of(0));
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column <= row; column++, i++) {
        pixels[row * rows + column] = scale.of(values[i]);
      }
    }
    for (let row = 0; row < rows && state.hideFirst; row++) {
      pixels[row * rows] = 0;
    }
    return pixels;
  }

  showLegend(difference) {
    const { scale } = this;
    const logarithmic = this.state.logarithmic ? ", log scale" : "";
    this.control("legend-title").textContent = (difference ? `attention weight, ${this.conditionName()}` : "attention weight") + logarithmic;
    const bar = document.createElement("div");
    bar.style.background = `linear-gradient(to right, ${scale.stops.join(", ")})`;
    const ticks = scale.ticks().map(value => {
      const tick = document.createElement("span");
      tick.textContent = short(value);
      tick.style.left = `${100 * scale.place(value)}%`;
      return tick;
    });
    this.control("legend").setAttribute("aria-label", `Colours from ${short(difference ? -scale.end : scale.logarithmic ? scale.floor : 0)} to ${short(scale.end)}`);
    this.control("legend").replaceChildren(bar, ...ticks);
  }

  /** Says what a cell holds. */
  read(cell) {
    this.control("readout").textContent = cell === null ? this.hint : `query ${this.placeOf(cell.row)} → key ${this.placeOf(cell.column)}, ${this.where()}\n${this.weightsOf(cell)}`;
  }

  placeOf(row) {
    const { block, tokens } = this.page;
    const last = Math.min((row + 1) * block, tokens.length) - 1;
    return last === row * block ? `${last} “${tokens[last]}”` : `${row * block} to ${last} “${this.nameOf(row)}”`;
  }

  weightsOf({ row, column }) {
    if (column > row) {
      return "a later token: causal attention never looks ahead";
    }
    const at = Patterns.at(row, column);
    return this.weights(this.off[at], this.on?.[at], this.page.error);
  }

  /** A weight under each condition, with its error. */
  weights(off, on, error) {
    const { names, floor } = this.page;
    const most = value => value * error + (this.state.head === null || value < floor ? floor : 0); // a mean may hide heads below the floor
    const weight = value => value < floor ? `below ${floor}` : `${short(value)} ±${short(most(value), 2)}`;
    return on === undefined ? weight(off) : `${names[0]} ${weight(off)}, ${names[1]} ${weight(on)}, difference ${short(on - off)} ±${short(most(on) + most(off), 2)}`;
  }

  press(event) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (down === 0 && right === 0) {
      return;
    }
    event.preventDefault();
    if (event.shiftKey) {
      this.heatmap.move(down, right);
    } else {
      this.slide("layer", down);
      this.slide("head", right);
    }
  }

  slide(id, by) {
    const slider = this.control(id);
    if (by !== 0 && slider.max !== "0") {
      slider.value = Number(slider.value) + by;
      this.show(id);
    }
  }
}

/** Says on the page what went wrong, where nobody looks into the console. */
function complain(message) {
  const problem = document.getElementById("problem");
  problem.hidden = false;
  problem.textContent = `This page cannot show its patterns: ${message}. It needs a browser of 2023 or later (Chrome or Edge 80, Firefox 113, Safari 16.4).`;
}

addEventListener("error", event => complain(event.message));
addEventListener("unhandledrejection", event => complain(event.reason));
const page = JSON.parse(document.getElementById("data").textContent);
let explorer = null; // for the browser's console
Patterns.read(page).then(patterns => { explorer = new Explorer(page, patterns); });
