// The user's YAML file of Xid rows: severities, actions and scopes that differ from the catalogue.
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { XidOverrides } from '../collectors/nvidia/xid-catalogue.ts';
import { parseXidOverrides } from '../collectors/nvidia/xid-overrides.ts';

export type XidFile = { readonly overrides: XidOverrides } | { readonly problem: string };

/** `none` means no file. Every problem of the file comes back in one text. */
export const readXidFile = (path: string): XidFile => {
  if (path === 'none') return { overrides: new Map() };
  const fail = (found: string): XidFile => ({
    problem: `xid-catalogue: expected a YAML file of Xid rows at ${path}, found ${found}. What to do: check it, or set xid-catalogue to none.\n`,
  });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(error instanceof Error && 'code' in error ? String(error.code) : 'something unreadable');
  }
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined) return fail(broken.message.split('\n')[0] ?? 'broken YAML');
  const { entries, problems } = parseXidOverrides(document.toJS());
  return problems.length > 0 ? fail(problems.join('; ')) : { overrides: entries };
};
