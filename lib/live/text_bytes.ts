/**
 * Text as UTF-8 bytes, written without a string for each number: readings of a group are thousands. Numbers come as
 * a place in a column, as one that is handed over takes memory each time.
 */

const FIRST_BYTES = 16_384;
/** A buffer that grew beyond this is not kept. */
const KEPT_BYTES = 2 ** 20;
/** More than any number takes. */
const NUMBER_BYTES = 32;
const ZERO = 0x30, MINUS = 0x2d, POINT = 0x2e;
/** Times have 13 digits from 2001 to 2286. */
const TIME_LEAST = 1e12, TIME_MOST = 1e13 - 1;
const HALF = 1e6;
/** Powers of ten by which a value is a whole number, tried in this order. */
const SCALES = [1, 10, 100, 1_000, 10_000];
/** Below this two decimal fractions of so many digits are two different numbers, so the shorter one is the one. */
const WHOLE_MOST = 2 ** 31 - 1;

const utf8 = new TextEncoder();

export class TextBytes {
  length = 0;
  #to = new Uint8Array(FIRST_BYTES);
  /** Where the time written last stands, and which one it is. */
  #timeAt = 0;
  readonly #time = Float64Array.of(NaN);
  /** The scale that fitted last. */
  #scale = 0;

  /** Forgets what was written. */
  begin(): void {
    this.length = 0;
    this.#time[0] = NaN;
    if (this.#to.length > KEPT_BYTES) this.#to = new Uint8Array(FIRST_BYTES);
  }

  /** A copy of what was written. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#to.slice(0, this.length);
  }

  byte(byte: number): void {
    this.#room(1);
    this.#to[this.length++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    const to = this.#to;
    let at = this.length;
    for (let i = 0; i < bytes.length; i++) to[at++] = bytes[i];
    this.length = at;
  }

  text(text: string): void {
    this.#room(3 * text.length);
    this.length += utf8.encodeInto(text, this.#to.subarray(this.length)).written;
  }

  /** A time in epoch ms, as `String` writes it. */
  time(column: Float64Array, i: number): void {
    this.#room(NUMBER_BYTES);
    const to = this.#to, at = this.length;
    if (column[i] === this.#time[0]) {
      // Of the same moment as the one before.
      for (let k = 0, from = this.#timeAt; k < 13; k++) to[at + k] = to[from + k];
    } else if (column[i] >= TIME_LEAST && column[i] <= TIME_MOST && Number.isInteger(column[i])) {
      const high = Math.floor(column[i] / HALF);
      let left = column[i] - high * HALF;
      for (let k = 12; k >= 7; k--, left = left / 10 | 0) to[at + k] = ZERO + left % 10;
      left = high;
      for (let k = 6; k >= 0; k--, left = left / 10 | 0) to[at + k] = ZERO + left % 10;
      this.#time[0] = column[i];
    } else return this.#ascii(String(column[i]));
    this.#timeAt = at;
    this.length += 13;
  }

  /** A number as `String` writes it. */
  number(column: Float64Array, i: number): void {
    this.#room(NUMBER_BYTES);
    const scale = this.#scaleOf(column, i);
    if (scale < 0) this.#ascii(String(column[i]));
    else this.#decimal(Math.round(column[i] * SCALES[scale]) | 0, scale);
  }

  /**
   * With how many decimals a number is written, when these are few; else -1. The quotient is rounded as the decimal
   * fraction is read, so where it is the number, the fraction is what stands for it.
   */
  #scaleOf(column: Float64Array, i: number): number {
    for (let tried = 0, scale = this.#scale; tried < SCALES.length; tried++) {
      const whole = Math.round(column[i] * SCALES[scale]);
      if (whole / SCALES[scale] === column[i] && whole <= WHOLE_MOST && whole >= -WHOLE_MOST) {
        return this.#scale = scale;
      }
      scale = scale + 1 < SCALES.length ? scale + 1 : 0;
    }
    return -1;
  }

  /** `whole` by ten to the power of `decimals`, without zeros at its end. */
  #decimal(whole: number, decimals: number): void {
    const to = this.#to;
    let left = whole < 0 ? -whole : whole;
    while (decimals > 0 && left % 10 === 0) {
      left = left / 10 | 0;
      decimals--;
    }
    if (whole < 0) to[this.length++] = MINUS;
    let digits = 1;
    for (let rest = left / 10 | 0; rest > 0; rest = rest / 10 | 0) digits++;
    if (digits <= decimals) digits = decimals + 1;
    let at = this.length + digits + (decimals > 0 ? 1 : 0);
    this.length = at;
    for (let k = 0; k < digits; k++, left = left / 10 | 0) {
      if (k === decimals && k > 0) to[--at] = POINT;
      to[--at] = ZERO + left % 10;
    }
  }

  #ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#to[this.length++] = text.charCodeAt(i);
  }

  #room(bytes: number): void {
    if (this.length + bytes <= this.#to.length) return;
    const to = new Uint8Array(Math.max(2 * this.#to.length, this.length + bytes));
    to.set(this.#to);
    this.#to = to;
  }
}
