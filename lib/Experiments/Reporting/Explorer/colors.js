"use strict";

/** A fixed scale from values to colours: amounts from 0 to `end`, or differences from -`end` to `end`; linear, or by logarithm from a floor. */
class ColorScale {
  constructor(stops, end, { floor, logarithmic, difference }) {
    Object.assign(this, { stops, end, floor, logarithmic, difference });
    this.pixels = Uint32Array.from({ length: 256 }, (_, i) => this.pixel(i / 255));
  }

  /** Where a value lies on the scale, from 0 to 1. */
  place(value) {
    const size = Math.abs(value);
    const share = !this.logarithmic ? size / this.end : size < this.floor ? 0 : Math.log(size / this.floor) / Math.log(this.end / this.floor);
    return this.difference ? 0.5 + Math.sign(value) * share / 2 : share;
  }

  /** The value's colour as a canvas's pixel. */
  of(value) {
    return this.pixels[Math.round(255 * Math.min(1, Math.max(0, this.place(value))))];
  }

  pixel(place) {
    const position = place * (this.stops.length - 1);
    const below = Math.min(Math.floor(position), this.stops.length - 2);
    const [from, to] = [ColorScale.channels(this.stops[below]), ColorScale.channels(this.stops[below + 1])];
    const [r, g, b] = from.map((channel, i) => Math.round(channel + (to[i] - channel) * (position - below)));
    return ColorScale.pack(r, g, b);
  }

  /** Values with a label on the legend. */
  ticks() {
    const up = this.logarithmic ? this.decades() : [this.end / 2, this.end];
    return this.difference ? [...up.map(value => -value).reverse(), 0, ...up] : this.logarithmic ? up : [0, this.end / 4, ...up.slice(0, 1), this.end * 3 / 4, this.end];
  }

  decades() {
    const all = [];
    for (let value = this.floor; value < this.end / 1.9; value *= 10) {
      all.push(value);
    }
    return (this.difference ? all.slice(1) : all).concat(this.end); // a difference's floor would lie on its zero
  }

  /** A pixel as CSS colours of a ground and of ink that is readable on it. */
  static css(pixel) {
    const channels = [pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255];
    const [r, g, b] = channels.map(channel => Math.pow(channel / 255, 2.2));
    return [`rgb(${channels.join(" ")})`, 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000000" : "#ffffff"]; // equal contrast with both, by WCAG's formula
  }

  static channels(color) {
    return [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16));
  }

  static pack(r, g, b) {
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0; // little-endian RGBA
  }
}

/** A number in few significant digits, without an exponent where it can be. */
function short(value, digits = 3) {
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}
