/** A certificate with its key, as PEM texts. */
export interface Pair {
  cert: string;
  key: string;
}

/** What a certificate is for. */
export interface Names {
  dns: readonly string[];
  ips: readonly string[];
}

/** What people have to trust so that browsers take the certificate. */
export interface Authority {
  pem: string;
  /** SHA-256 of it, `AB:CD:…`: shown here and by the device, to compare. */
  fingerprint: string;
}

/** Where the certificate of HTTPS comes from. */
export interface Certificates {
  /** What is to be served now. */
  current(): Pair;
  /** When that ends, epoch ms. */
  validToMs(): number;
  /** `press-pi, press-pi.local and 192.168.1.7`. */
  names(): Names;
  /** Null: the certificate was signed by somebody else. */
  authority(): Authority | null;
  /** Why something is to be done; null: nothing. */
  trouble(): string | null;
  /** Between two looks. */
  readonly lookEveryMs: number;
  /** Whether another is to be served from now on. Never throws: what is wrong is a `trouble`. */
  look(): Promise<boolean>;
}
