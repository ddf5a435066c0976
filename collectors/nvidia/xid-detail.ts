// The allow-listed parts of an Xid's message, by code. Whatever is not named here does not become an attribute; addresses,
// registers and dumps stay in the body, which is the kernel's own text.

export type XidDetail = { readonly [name: string]: string };

/** `Ch 00000010, …`, `channel 0x00000002`: the channel that failed. */
const CHANNEL = [/^Ch(?:annel ID)? (?<channel>[0-9a-f]{1,8})\b/i, /\bchannel 0x(?<channel>[0-9a-f]{1,8})\b/i];
const EXCEPTION = [
  // `Graphics SM Warp Exception on (GPC 7, TPC 7, SM 0): Illegal Instruction Parameter`
  /^Graphics (?<exception>SM (?:Warp|Global) Exception) on \(GPC (?<gpc>\d{1,3}), TPC (?<tpc>\d{1,3})(?:, SM (?<sm>\d{1,3}))?\): (?<cause>[A-Za-z][A-Za-z /_-]{0,63})/,
  // `Graphics Exception: ESR 0x57c730=0xc04000b …`, `Graphics Exception: Shader Program Header 1 Error`
  /^Graphics Exception: (?<exception>ESR)\b/,
  /^Graphics Exception: (?<exception>[A-Za-z][A-Za-z /_-]{0,63})/,
  // `Graphics Engine class error …`, with the class it was
  /\bClass (?<class>(?:0x)?[0-9a-f]{1,8})\b/i,
];
const FAULT = [
  // `MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f29_5b8c9000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ`
  /\bMMU Fault: ENGINE (?<engine>[A-Z0-9_]{1,32})(?: (?<client>[A-Z0-9_]{1,48}))? faulted\b/,
  /\bFault is of type (?<faultType>FAULT_[A-Z_]{1,40})(?: (?<accessType>ACCESS_TYPE_[A-Z_]{1,40}))?/,
];
const MEMORY = [
  // `An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at physAddr … partition 3, subpartition 0.`
  /\bdetected on GPU in the (?<location>[a-z][a-z0-9 ]{0,30}?) at\b/,
  /\bpartition (?<partition>\d{1,3}), subpartition (?<subpartition>\d{1,3})/,
];
const REMAPPER = [
  /^(?<mechanism>Row Remapper|Dynamic Page Retirement): /,
  /\b(?<state>marked for remapping|failed to remap|already pending|New retired page)\b/i,
  /\b(?<needs>reset gpu|reload the driver) to activate\b/,
];
const LINK = [
  // `NVLink: fatal error detected on link 14(0x0, …)`
  /^NVLink: (?<severity>fatal|non-fatal|nonfatal)? ?error detected on link (?<link>-?\d{1,3})/i,
  // `RLW_SRC_TRACK Nonfatal XC1 i0 Link 12 (0x…)`: unit, severity, containment, injected, link; blanks may be doubled
  /^(?<unit>[A-Z0-9_]{2,40}) {1,4}(?<severity>Fatal|Nonfatal) {1,4}(?<containment>XC[01]) {1,4}(?<injected>i[01]) {1,4}Link {1,4}(?<link>-?\d{1,3})/,
];
const CONTAINMENT = [
  // `Contained: CE User Channel (0x9). RST: No, D-RST: No`
  /^(?<containment>Contained|Uncontained): (?<unit>[A-Za-z][A-Za-z0-9 ]{0,40}[A-Za-z0-9])/,
  /\bRST: (?<reset>Yes|No), D-RST: (?<drainAndReset>Yes|No)/,
];
const GSP = [
  // `Timeout after 6s of waiting for RPC response from GPU4 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20801702 0x4).`
  /^Timeout after (?<timeoutSeconds>\d{1,5})s of waiting for RPC response from (?<gpu>GPU\d{1,3}) GSP\b/,
  /\bExpected function (?<function>\d{1,5}) \((?<functionName>[A-Z0-9_]{1,48})\)/,
];
const SWITCH_TIMEOUT = [/\berrorString (?<cause>[A-Z][A-Z_ ]{0,40}[A-Z])/];
/** `GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)`. */
const RECOVERY = [
  /^GPU recovery action changed from (?<fromCode>0x[0-9a-f]{1,8}) \((?<from>[A-Za-z0-9 ]{1,40})\) to (?<toCode>0x[0-9a-f]{1,8}) \((?<to>[A-Za-z0-9 ]{1,40})\)/i,
];
/** `GDDR, Uncorrectable DRAM error in FBPA 3 subpartition 0 physAddr 0x…`. */
const RAM = [
  /^(?<memory>[A-Z0-9]{2,10}), /,
  /\b(?<error>(?:Unc|C)orrectable [SD]RAM error)\b/,
  /\bFBPA (?<partition>\d{1,3}) subpartition (?<subpartition>\d{1,3})/,
];

const NVLINK_CODES = [74, 144, 145, 146, 147, 148, 149, 150, 155];
const BY_CODE: ReadonlyMap<number, readonly RegExp[]> = new Map<number, readonly RegExp[]>([
  [13, EXCEPTION],
  [69, EXCEPTION],
  [31, FAULT],
  [48, MEMORY],
  [63, REMAPPER],
  [64, REMAPPER],
  [94, CONTAINMENT],
  [95, CONTAINMENT],
  [109, SWITCH_TIMEOUT],
  [119, GSP],
  [120, GSP],
  [154, RECOVERY],
  [171, RAM],
  [172, RAM],
  ...NVLINK_CODES.map((code): [number, readonly RegExp[]] => [code, LINK]),
]);
/** Codes whose process is whoever was waiting, not the cause (our own poller, often). */
const OBSERVED_CODES: ReadonlySet<number> = new Set([119, 120]);

/** Named parts of `rest`, by code. For 119 and 120 `role` says that the process is only the observer. */
export const xidDetail = (code: number, rest: string): XidDetail => {
  const detail: Record<string, string> = {};
  for (const expression of [...CHANNEL, ...(BY_CODE.get(code) ?? [])]) {
    const groups = expression.exec(rest)?.groups;
    for (const [name, value] of Object.entries(groups ?? {})) if (value !== undefined) detail[name] ??= value.trim();
  }
  if (OBSERVED_CODES.has(code)) detail['role'] = 'observer';
  return detail;
};
