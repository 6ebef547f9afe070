/** Numbers for names that are pieces of a file: found by their bytes, without making a text of each. */

const FIRST_SLOTS = 1 << 10;

export class Names {
  /** Of each name: where it begins in `#bytes`; its end is where the next one begins. */
  #from = new Uint32Array(FIRST_SLOTS);
  #scope = new Uint32Array(FIRST_SLOTS);
  #hash = new Int32Array(FIRST_SLOTS);
  #bytes = new Uint8Array(64 * 1024);
  /** Open addressing: number of the name + 1; 0: free. At most half of them are taken. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  size = 0;

  /**
   * The number of `bytes[from, to)` within `scope`; −1 when it is new. `hash` is that of its bytes, the same for the
   * same bytes.
   */
  find(bytes: Uint8Array, from: number, to: number, hash: number, scope: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const mixed = mix(hash, scope);
    for (let slot = mixed & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const name = slots[slot] - 1;
      if (this.#hash[name] !== mixed || this.#scope[name] !== scope) continue;
      const start = this.#from[name];
      if (this.#from[name + 1] - start !== to - from) continue;
      const own = this.#bytes;
      let at = from;
      for (let i = start; at < to && own[i] === bytes[at]; i++) at++;
      if (at === to) return name;
    }
    return -1;
  }

  add(bytes: Uint8Array, from: number, to: number, hash: number, scope: number): number {
    if (this.size + 2 > this.#from.length) this.#grow();
    const name = this.size++;
    const start = this.#from[name];
    const end = start + to - from;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, end));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), start);
    this.#from[name + 1] = end;
    this.#scope[name] = scope;
    this.#hash[name] = mix(hash, scope);
    this.#put(name);
    return name;
  }

  #put(name: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hash[name] & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = name + 1;
  }

  #grow(): void {
    const room = 2 * this.#from.length;
    const larger = <T extends Uint32Array | Int32Array>(to: T, from: T) => (to.set(from), to);
    this.#from = larger(new Uint32Array(room), this.#from);
    this.#scope = larger(new Uint32Array(room), this.#scope);
    this.#hash = larger(new Int32Array(room), this.#hash);
    this.#slots = new Uint32Array(2 * room);
    for (let name = 0; name < this.size; name++) this.#put(name);
  }
}

function mix(hash: number, scope: number): number {
  const mixed = Math.imul(hash ^ Math.imul(scope + 1, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
