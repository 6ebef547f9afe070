import assert from "node:assert/strict";
import { networkFault, parseNetworks, type Reach, reachOf, within } from "./reach.ts";

const ADDRESSES: Record<Reach, string> = {
  public: "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 192.169.0.1 2001:4860:4860::8888 ::ffff:8.8.8.8 " +
    "64:ff9b::8.8.8.8 2002:808:808::1",
  private: "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 fc00::1 " +
    "fd12:3456::1 ::ffff:192.168.1.1 64:ff9b::10.0.0.1 2002:a00:1::1 ::10.0.0.1",
  closed: "127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 224.0.0.1 " +
    "239.255.255.250 240.0.0.1 255.255.255.255 192.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1 " +
    "198.18.0.1 192.88.99.1 168.63.129.16 100.100.100.200 192.0.0.192 :: ::1 ::2 fe80::1 " +
    "fe80::1%eth0 fec0::1 ff02::1 2001:db8::1 2001::1 100::1 4000::1 fd00:ec2::254 fd20:ce::254 " +
    "::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 " +
    "64:ff9b::169.254.169.254 64:ff9b:1::7f00:1 2002:7f00:1::1 2002:a9fe:a9fe:: ::ffff:0.0.0.0",
};

for (const [reach, addresses] of Object.entries(ADDRESSES)) {
  for (const address of addresses.split(" ")) {
    Deno.test(`reachOf: ${address} is ${reach}`, () => assert.equal(reachOf(address), reach));
  }
}

Deno.test("reachOf takes whole addresses only: other spellings are read before", () => {
  for (
    const text of [
      "127.1",
      "0x7f000001",
      "2130706433",
      "017700000001",
      "localhost",
      "",
      "1.2.3.4.5",
    ]
  ) {
    assert.throws(() => reachOf(text), /is not an IP address/, text);
  }
});

Deno.test("within compares addresses of one family, and IPv4 inside IPv6 as IPv4", () => {
  const networks = parseNetworks(["192.168.1.0/24", "fd00::/8", "10.1.2.3"]);
  for (const inside of ["192.168.1.7", "::ffff:192.168.1.7", "fd12::1", "10.1.2.3"]) {
    assert.ok(within(inside, networks), inside);
  }
  for (const outside of ["192.168.2.7", "10.1.2.4", "fc00::1", "::1"]) {
    assert.ok(!within(outside, networks), outside);
  }
});

Deno.test("networkFault says what an admin cannot allow", () => {
  for (const good of ["10.0.0.0/8", "192.168.1.7", "fd00::/8", "8.8.8.0/24"]) {
    assert.equal(networkFault(good), null, good);
  }
  for (
    const none of ["", "lan", "10.0.0.0/33", "10.0.0.0/x", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8/8"]
  ) {
    assert.match(networkFault(none) ?? "", /is not a network/, none);
  }
  for (const closed of ["127.0.0.0/8", "0.0.0.0/0", "::1", "169.254.0.0/16", "::ffff:127.0.0.1"]) {
    assert.match(networkFault(closed) ?? "", /only the environment/, closed);
  }
});
