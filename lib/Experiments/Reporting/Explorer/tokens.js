"use strict";

/** The text in reading order, coloured token by token, and the layer × token strip of what each token receives. */
class TokenViews {
  static mostNamed = 3; // tokens that a readout names

  constructor(explorer) {
    const { page } = explorer;
    Object.assign(this, { explorer, page, by: explorer.control("by"), text: explorer.control("text"), chosen: null, pointed: null, fineError: Math.pow(page.top / page.floor, 0.5 / 254) - 1 });
    this.spans = page.tokens.map((label, token) => {
      const span = document.createElement("span");
      span.textContent = label.replaceAll("␣", " ").replaceAll("⏎", "⏎\n");
      span.dataset.token = token;
      return span;
    });
    this.text.append(...this.spans);
    const tokenOf = event => event.target.dataset.token === undefined ? null : Number(event.target.dataset.token);
    this.text.addEventListener("pointermove", event => this.point(tokenOf(event)));
    this.text.addEventListener("pointerleave", () => this.point(null));
    this.text.addEventListener("click", event => this.choose(tokenOf(event)));
    this.text.addEventListener("keydown", event => this.press(event));
    this.by.addEventListener("change", () => this.showText());
    this.strip = new Heatmap(explorer.control("strip"), {
      rows: page.layers.map(String), columns: page.tokens, rowTitle: "layer", columnTitle: "key token",
      point: cell => this.readStrip(cell),
      choose: cell => cell && this.explorer.slide("layer", cell.row - this.explorer.state.layer),
    });
  }

  zoom(cell) {
    this.strip.zoom(cell, Math.min(24, Math.max(12, cell)));
  }

  show() {
    const { explorer, page } = this;
    const { head, layer } = explorer.state;
    const of = condition => page.layers.map((_, row) => explorer.patterns.receivedOf(condition, row, head));
    [this.off, this.on] = [of(0), page.names.length === 2 ? of(1) : null];
    this.shown = this.off.map((off, row) => explorer.pick(off, this.on?.[row]));
    const pixels = Uint32Array.from(this.shown.flatMap(row => [...row].map((value, token) => this.pixel(value, token))));
    this.strip.markedRow = layer;
    this.strip.show(pixels, `Attention that each token receives, ${explorer.conditionName()}, layers downward, tokens to the right.`);
    this.readStrip(this.strip.hovered);
    this.showText();
  }

  pixel(value, token) {
    return this.explorer.state.hideFirst && token < this.page.block ? 0 : this.explorer.scale.of(value);
  }

  /** Chooses a token, or none where it is chosen already; the text then shows what it looks at. */
  choose(token) {
    this.chosen = token === this.chosen ? null : token;
    this.by.value = this.chosen === null ? "received" : this.by.value === "received" ? "looks" : this.by.value;
    this.showText();
  }

  showText() {
    const { chosen } = this;
    this.by.querySelectorAll("option:not([value=received])").forEach(option => { option.disabled = chosen === null; });
    const colors = this.by.value === "received"
      ? Array.from(this.shown[this.explorer.state.layer], (value, token) => this.pixel(value, token))
      : this.page.tokens.map((_, token) => this.related(chosen, token, this.by.value === "looks"));
    this.spans.forEach((span, token) => {
      const [ground, ink] = colors[token] === 0 ? ["", ""] : ColorScale.css(colors[token]);
      span.className = `${colors[token] === 0 ? "hidden" : ""} ${token === chosen ? "chosen" : ""}`;
      Object.assign(span.style, { background: ground, color: ink });
    });
    this.read();
  }

  /** Colour of a weight between two tokens; 0 where the causal mask hides it. */
  related(chosen, token, looks) {
    const at = looks ? this.cellOf(chosen, token) : this.cellOf(token, chosen);
    return at === null ? 0 : this.pixel(this.explorer.pick([this.explorer.off[at]], [this.explorer.on?.[at]])[0], looks ? token : chosen);
  }

  cellOf(query, key) {
    const { block } = this.page;
    return key > query ? null : Patterns.at(Math.floor(query / block), Math.floor(key / block));
  }

  point(token) {
    if (token !== this.pointed) {
      this.pointed = token;
      this.read();
    }
  }

  /** Says what the pointed token, or else the chosen one, receives and looks at. */
  read() {
    const token = this.pointed ?? this.chosen;
    this.explorer.control("text-readout").textContent = token === null
      ? "Point at a token for what it receives and looks at; click it, or a row of the heatmap, to see that in the text."
      : `${this.nameOf(token)} receives ${this.receives(this.explorer.state.layer, token)}\n${this.most(token)}`;
  }

  nameOf(token) {
    return `${token} “${this.page.tokens[token]}”`;
  }

  receives(layer, token) {
    return this.explorer.weights(this.off[layer][token], this.on?.[layer][token], this.fineError);
  }

  /** The keys with the greatest weights, and the queries that give it the greatest. */
  most(token) {
    const { explorer, page } = this;
    const values = explorer.state.kind === "on" ? explorer.on : explorer.off;
    const name = page.names.length === 2 ? ` (${page.names[explorer.state.kind === "on" ? 1 : 0]})` : "";
    const greatest = (from, to, cell) => Array.from({ length: to - from }, (_, i) => from + i)
      .map(other => [other, values[cell(other)]]).filter(([, value]) => value >= page.floor).sort((a, b) => b[1] - a[1]).slice(0, TokenViews.mostNamed)
      .map(([other, value]) => `${this.nameOf(other)} ${short(value)}`).join(", ") || "none";
    return `looks most at${name} ${greatest(0, token + 1, other => this.cellOf(token, other))}; most looked at by ${greatest(token, page.tokens.length, other => this.cellOf(other, token))}`;
  }

  readStrip(cell) {
    this.explorer.control("strip-readout").textContent = cell === null
      ? "The mean weight that a token gets from itself and all later tokens. Click a layer to look at it above."
      : `${this.nameOf(cell.column)}, layer ${this.page.layers[cell.row]}: ${this.receives(cell.row, cell.column)}`;
  }

  press(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, Escape: 0 }[event.key];
    if (by === undefined) {
      return;
    }
    event.preventDefault();
    const { chosen } = this;
    const next = by === 0 ? null : Math.min(this.spans.length - 1, Math.max(0, (chosen ?? -by) + by));
    if (next !== chosen) {
      this.choose(next);
    }
  }
}
