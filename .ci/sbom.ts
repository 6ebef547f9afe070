import { Enums, Models, Serialize, SPDX, Spec } from "@cyclonedx/cyclonedx-library";
import { Buffer } from "node:buffer";

/** A package of npm that the program carries. */
export interface Carried {
  /** `@libsql/client`. */
  name: string;
  version: string;
  /** As the lock file has it: `sha512-<base64>`. */
  integrity: string | null;
  /** As its own package.json says: an SPDX id or expression. */
  license: string | null;
}

/**
 * The bill of materials of a program (CycloneDX 1.6, JSON): what it carries, from where, under which licence, with
 * the hashes that were checked when it was fetched.
 */
export function billOfMaterials(
  program: { name: string; version: string; createdMs: number },
  carried: readonly Carried[],
): string {
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date(program.createdMs);
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, program.name, {
    version: program.version,
    bomRef: `${program.name}@${program.version}`,
  });
  for (const one of carried) bom.components.add(componentOf(one));
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  );
  return serializer.serialize(bom, { sortLists: true, space: 1 });
}

function componentOf({ name, version, integrity, license }: Carried): Models.Component {
  const [scope, plain] = name.startsWith("@") ? name.split("/") : [undefined, name];
  const hashes = integrity === null ? [] : [hashOf(integrity)];
  const purlName = name.replace("@", "%40");
  return new Models.Component(Enums.ComponentType.Library, plain, {
    group: scope,
    version,
    purl: `pkg:npm/${purlName}@${version}`,
    bomRef: `${name}@${version}`,
    hashes: new Models.HashDictionary(hashes),
    licenses: new Models.LicenseRepository(license === null ? [] : [licenseOf(license)]),
  });
}

function licenseOf(text: string): Models.SpdxLicense | Models.NamedLicense {
  return SPDX.isSupportedSpdxId(text)
    ? new Models.SpdxLicense(text)
    : new Models.NamedLicense(text);
}

function hashOf(integrity: string): [Enums.HashAlgorithm, string] {
  const [algorithm, base64] = integrity.split(/-(.*)/);
  if (algorithm !== "sha512") throw new Error(`the lock file has a hash of the kind ${algorithm}`);
  return [Enums.HashAlgorithm["SHA-512"], Buffer.from(base64, "base64").toString("hex")];
}
