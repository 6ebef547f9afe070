import assert from "node:assert/strict";
import fc from "fast-check";
import { blocksOf } from "./blocks.ts";
import { mapOfRows, rowsOfMap } from "./map_text.ts";
import { ORDERS, type Register, TYPES, valueOf, wordsOf } from "./register.ts";
import { COLUMNS, readRegisterMap } from "./register_map.ts";

const plain: Register = {
  ...{ name: "x", area: "holding", address: 0, type: "uint16", order: "big" },
  ...{ bit: 0, words: 0, scale: 1, offset: 0 },
};

function registers(text: string, first: 0 | 1 = 0): Register[] {
  const read = readRegisterMap(text, first);
  assert.ok("registers" in read, JSON.stringify(read));
  return read.registers;
}

Deno.test("a register map is read as manuals and spreadsheets write it", () => {
  const [power, level, run, mode] = registers(
    "sep=;\nName;address\n".replace("Name", "name") +
      "power;40013\nlevel;30001\nrun;00007\nmode;100\n",
  );
  assert.deepEqual([power.area, power.address], ["holding", 12]);
  assert.deepEqual([level.area, level.address], ["input", 0]);
  assert.deepEqual([run.area, run.address, run.type], ["coil", 6, "bool"]);
  assert.deepEqual([mode.area, mode.address, mode.type], ["holding", 100, "uint16"]);
  const [hex] = registers("name,address,area\nx,0x0010,input register", 0);
  assert.deepEqual([hex.area, hex.address], ["input", 16]);
  assert.equal(registers("name,address\nx,1", 1)[0].address, 0);
  const [decimals] = registers("name;address;scale\nx;5;0,1");
  assert.equal(decimals.scale, 0.1);
});

Deno.test("a register map that is wrong is named with its line, what stands there and what may", () => {
  const faults: [string, RegExp][] = [
    ["", /empty/],
    ["address\n1", /"name" is missing/],
    ["name,address,kind\nx,1,y", /no column "kind"; there are name, address/],
    ["name,address\nx,1\nx,2", /line 3: "x" is there twice/],
    ["name,address\nx,70000", /line 2: address: "70000"/],
    ["name,address,type\nx,65535,float32", /line 2: address: it ends at 65536/],
    ["name,address,type\nx,1,float16", /line 2: type: "float16"; allowed are bool, int16/],
    ["name,address,order\nx,1,middle", /line 2: order: "middle"/],
    ["name,address,area\nx,1,memory", /line 2: area: "memory"; allowed are holding/],
    ["name,address,type\nx,1,text", /line 2: words: a text takes 1 to 64/],
    ["name,address,scale\nx,1,0", /line 2: scale: it must not be 0/],
    ["name,address,scale\nx,1,much", /line 2: scale: "much" is not a number/],
    ["name,address,bit,type\nx,1,16,bool", /line 2: bit: 16/],
    ["name,address\na/b,1", /line 2: name: "a\/b" has a \//],
    ["name,address\n,1", /line 2: name: it is empty/],
    ["name,address,area,type\nx,1,coil,int16", /line 2: type: a coil is always bool/],
  ];
  for (const [text, expected] of faults) {
    const read = readRegisterMap(text, 0);
    assert.ok("fault" in read, text);
    assert.match(read.fault, expected);
  }
});

Deno.test("values stand in their registers in each type and order", () => {
  const cases: [Partial<Register>, number[], number | boolean | string | null][] = [
    [{ type: "int16" }, [0xff, 0xfb], -5],
    [{ type: "uint16", scale: 0.1 }, [0x09, 0x1a], 233],
    [{ type: "uint16", scale: 0.1, offset: -40 }, [0x02, 0x6d], 22.1],
    [{ type: "int32" }, [0xff, 0xff, 0xff, 0xfe], -2],
    [{ type: "uint32", order: "little_swapped" }, [0x00, 0x01, 0x00, 0x02], 131073],
    [{ type: "float32" }, [0x41, 0xaa, 0x66, 0x66], 21.3],
    [{ type: "float32", order: "little_swapped" }, [0x66, 0x66, 0x41, 0xaa], 21.3],
    [{ type: "float32", order: "big_swapped" }, [0xaa, 0x41, 0x66, 0x66], 21.3],
    [{ type: "float32", order: "little" }, [0x66, 0x66, 0xaa, 0x41], 21.3],
    [{ type: "float32" }, [0x7f, 0xc0, 0x00, 0x00], null],
    [{ type: "uint16", none: 0xffff }, [0xff, 0xff], null],
    [{ type: "int16", none: -32768 }, [0x80, 0x00], null],
    [{ type: "uint64" }, [0, 0, 0, 0, 0, 1, 0, 0], 65536],
    [{ type: "bool", bit: 3 }, [0x00, 0x08], true],
    [{ type: "bool", bit: 8 }, [0x00, 0x08], false],
    [{ type: "text", words: 3 }, [0x50, 0x75, 0x6d, 0x70, 0x00, 0x00], "Pump"],
    [{ type: "text", words: 1 }, [0, 0], null],
  ];
  for (const [change, bytes, expected] of cases) {
    const value = valueOf({ ...plain, ...change }, Uint8Array.from(bytes));
    assert.equal(value, expected, JSON.stringify(change));
  }
});

const anyRegister = fc.record({
  area: fc.constantFrom("holding", "input"),
  address: fc.integer({ min: 0, max: 400 }),
  type: fc.constantFrom(...TYPES.filter((type) => type !== "text")),
  order: fc.constantFrom(...ORDERS),
});

Deno.test("blocks hold every register once, within what one request may ask for", () => {
  fc.assert(
    fc.property(fc.array(anyRegister, { maxLength: 60 }), fc.boolean(), (some, together) => {
      const all = some.map((one, i): Register => ({
        ...plain,
        ...one as Partial<Register>,
        name: `r${i}`,
      }));
      const blocks = blocksOf(all, together);
      const held = blocks.flatMap(({ registers }) => registers.map(({ name }) => name));
      assert.deepEqual(held.toSorted(), all.map(({ name }) => name).toSorted());
      for (const { area, address, count, registers } of blocks) {
        assert.ok(count >= 1 && count <= 125);
        for (const one of registers) {
          assert.equal(one.area, area);
          assert.ok(one.address >= address && one.address + wordsOf(one) <= address + count);
        }
      }
      if (!together) assert.equal(blocks.length, all.length);
    }),
  );
});

Deno.test("a register map never throws, whatever stands in it", () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("40001", "int16", "", "1e9", "-1"),
  );
  fc.assert(fc.property(fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 5 }), (rows) => {
    const text = [COLUMNS.slice(0, 5).join(","), ...rows.map((row) => row.join(","))].join("\n");
    const read = readRegisterMap(text, 0);
    assert.ok("fault" in read ? read.fault.length > 0 : read.registers.length > 0);
  }));
});

Deno.test("a register map goes through its form and back, and stays what it was", () => {
  const text = 'name;address;scale;unit\n"Flow; main";40013;0,5;m³/h\nx,y;30001;;\n';
  const again = mapOfRows(rowsOfMap(text));
  assert.equal(again.split("\n")[0], "name;address;scale;unit");
  assert.deepEqual(registers(again).map(({ name, address }) => [name, address]), [
    ["Flow; main", 12],
    ["x,y", 0],
  ]);
});
