"use strict";

/**
 * A grid of coloured cells with a label for each row and column, in a box that scrolls. One canvas, as large as the box, shows the part
 * that is scrolled to, so that no size of the grid stalls the browser; labels stay in sight.
 */
class Heatmap {
  static gap = 6; // pixels between labels and cells
  static title = 18; // room of an axis title
  static top = 6; // half a label, which may stand higher than the first row

  constructor(box, { rows, columns, rowTitle, columnTitle, point, choose }) {
    Object.assign(this, { box, rows, columns, rowTitle, columnTitle, point, choose });
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.stage = document.createElement("div");
    this.stage.append(this.canvas);
    box.append(this.stage);
    this.image = document.createElement("canvas");
    [this.image.width, this.image.height] = [columns.length, rows.length];
    this.cell = this.high = 1;
    this.hovered = null;
    this.markedRow = null;
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
    this.canvas.addEventListener("pointermove", event => this.hover(this.cellAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.hover(null));
    this.canvas.addEventListener("click", event => this.choose(this.cellAt(event)));
    new ResizeObserver(() => this.draw()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** The largest cell with which all is seen, but not so small that labels go, up to 128 of them; in pixels. */
  fitting() {
    const [wide, high] = [this.box.clientWidth - this.margin(11).left - Heatmap.gap, parseFloat(getComputedStyle(this.box).maxHeight) - Heatmap.top - this.margin(11).bottom];
    const whole = Math.floor(Math.min(wide / this.columns.length, high / this.rows.length));
    return Math.min(36, Math.max(whole, this.columns.length <= 128 ? 12 : 2));
  }

  /** Shows pixels, one a cell, row by row. */
  show(pixels, description) {
    const data = new ImageData(new Uint8ClampedArray(pixels.buffer), this.columns.length, this.rows.length);
    this.image.getContext("2d").putImageData(data, 0, 0);
    this.canvas.setAttribute("aria-label", description);
    this.draw();
  }

  /** Makes cells that many pixels wide and high. */
  zoom(wide, high = wide) {
    [this.cell, this.high] = [wide, high];
    this.draw();
  }

  hover(cell) {
    if (cell?.row !== this.hovered?.row || cell?.column !== this.hovered?.column) {
      this.hovered = cell;
      this.draw();
      this.point(cell);
    }
  }

  /** Goes to a neighbouring cell, for readers without a pointer, and scrolls to it. */
  move(down, right) {
    const from = this.hovered ?? { row: -down, column: -right };
    const inside = (place, count) => Math.min(count - 1, Math.max(0, place));
    const [row, column] = [inside(from.row + down, this.rows.length), inside(from.column + right, this.columns.length)];
    const { wide, high } = this.plot;
    this.box.scrollLeft = Math.min(column * this.cell, Math.max(this.box.scrollLeft, (column + 1) * this.cell - wide));
    this.box.scrollTop = Math.min(row * this.high, Math.max(this.box.scrollTop, (row + 1) * this.high - high));
    this.hover({ row, column });
  }

  cellAt(event) {
    const { left, wide, high } = this.plot;
    const [x, y] = [event.offsetX - left, event.offsetY - Heatmap.top];
    return x < 0 || y < 0 || x >= wide || y >= high ? null : { row: Math.floor((y + this.box.scrollTop) / this.high), column: Math.floor((x + this.box.scrollLeft) / this.cell) };
  }

  /** Text as large as a cell's height allows, from 9 to 12 pixels. */
  get font() {
    return Math.min(12, Math.max(9, this.cell - 2));
  }

  widest(labels, font) {
    const pen = this.canvas.getContext("2d");
    pen.font = Heatmap.fontOf(font);
    return Math.ceil(Math.max(...labels.map(label => pen.measureText(label).width)));
  }

  margin(font) {
    this.margins ??= {};
    this.margins[font] ??= { left: this.widest(this.rows, font) + Heatmap.gap + Heatmap.title, column: this.widest(this.columns, font) };
    const { left, column } = this.margins[font];
    const upright = column > this.cell - 4; // labels stand on end where one is wider than its column
    return { left, upright, bottom: (upright ? column : font + 2) + Heatmap.gap + Heatmap.title };
  }

  draw() {
    const { font, box, cell } = this;
    const margin = this.margin(font);
    const [width, height] = [margin.left + this.columns.length * cell + font, Heatmap.top + this.rows.length * this.high + margin.bottom];
    Object.assign(this.stage.style, { width: `${width}px`, height: `${height}px` });
    const [shownWidth, shownHeight] = [Math.min(width, box.clientWidth), Math.min(height, box.clientHeight)];
    if (shownWidth <= margin.left || shownHeight <= Heatmap.top + margin.bottom) {
      return; // not laid out yet
    }
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(shownWidth * ratio), Math.round(shownHeight * ratio)];
    Object.assign(this.canvas.style, { width: `${shownWidth}px`, height: `${shownHeight}px` });
    this.plot = { left: margin.left, wide: Math.min(this.columns.length * cell, shownWidth - margin.left), high: Math.min(this.rows.length * this.high, shownHeight - Heatmap.top - margin.bottom) };
    const pen = this.canvas.getContext("2d");
    const theme = getComputedStyle(document.documentElement);
    const color = name => theme.getPropertyValue(name);
    pen.setTransform(ratio, 0, 0, ratio, 0, Heatmap.top * ratio);
    pen.font = Heatmap.fontOf(font);
    this.drawCells(pen, color);
    this.drawRowLabels(pen, color);
    this.drawColumnLabels(pen, color, margin);
    this.drawTitles(pen, color, shownHeight - Heatmap.top);
  }

  drawCells(pen, color) {
    const { left, wide, high } = this.plot;
    const { cell, high: row } = this;
    const [x, y] = [this.box.scrollLeft, this.box.scrollTop];
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, wide, high);
    pen.clip();
    pen.fillStyle = color("--empty"); // hidden cells are transparent
    pen.fillRect(left, 0, wide, high);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.image, left - x, -y, this.columns.length * cell, this.rows.length * row);
    pen.fillStyle = color("--paper"); // large cells stand one pixel apart
    for (let at = 1; at <= this.columns.length && cell > 14; at++) {
      pen.fillRect(left - x + at * cell - 1, 0, 1, high);
    }
    for (let at = 1; at <= this.rows.length && row > 14; at++) {
      pen.fillRect(left, at * row - 1 - y, wide, 1);
    }
    if (this.hovered) {
      const [across, down] = [left - x + this.hovered.column * cell, this.hovered.row * row - y];
      pen.strokeStyle = color("--ink");
      pen.strokeRect(across - 0.5, down - 0.5, cell + 1, row + 1);
      pen.globalAlpha = 0.35;
      pen.strokeRect(left, down - 0.5, wide, row + 1);
      pen.strokeRect(across - 0.5, 0, cell + 1, high);
    }
    pen.restore();
  }

  drawRowLabels(pen, color) {
    const { left, high } = this.plot;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const [row, y] of this.labels(this.rows.length, this.high, this.box.scrollTop, high, this.hovered?.row)) {
      pen.fillStyle = color(row === this.hovered?.row || row === this.markedRow ? "--link" : "--ink");
      pen.fillText(this.rows[row], left - Heatmap.gap, y);
    }
  }

  drawColumnLabels(pen, color, { upright }) {
    const { left, wide, high } = this.plot;
    for (const [column, x] of this.labels(this.columns.length, this.cell, this.box.scrollLeft, wide, this.hovered?.column)) {
      pen.fillStyle = color(column === this.hovered?.column ? "--link" : "--ink");
      pen.save();
      pen.translate(left + x, high + Heatmap.gap);
      pen.rotate(upright ? -Math.PI / 2 : 0);
      pen.textAlign = upright ? "right" : "center";
      pen.textBaseline = upright ? "middle" : "top";
      pen.fillText(this.columns[column], 0, 0);
      pen.restore();
    }
  }

  /** The labels that have room, as [index, middle]: those in sight, as many as stand apart, and the pointed one in place of its neighbours. */
  *labels(count, cell, scrolled, room, pointed) {
    const apart = this.font + 1;
    const step = Math.ceil(apart / cell);
    const edge = Math.min(apart, cell) / 2 - 0.5; // nothing is cut where the plot ends
    for (let index = 0; index < count; index++) {
      const at = (index + 0.5) * cell - scrolled;
      const free = index === pointed || (index % step === 0 && (pointed === undefined || Math.abs(index - pointed) * cell >= apart));
      if (free && at >= edge && at <= room - edge) {
        yield [index, at];
      }
    }
  }

  drawTitles(pen, color, height) {
    const { left, wide, high } = this.plot;
    pen.fillStyle = color("--soft");
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(this.columnTitle, left + wide / 2, height);
    pen.save();
    pen.translate(0, high / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "top";
    pen.fillText(this.rowTitle, 0, 0);
    pen.restore();
  }

  static fontOf(size) {
    return `${size}px "DejaVu Sans", Verdana, Arial, sans-serif`;
  }
}
