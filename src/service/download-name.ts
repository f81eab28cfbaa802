/** @file Names under which things are downloaded: made of what a client said, safe in a header and on any disk. */

/** Letters and digits of any script, and a few signs; never empty, never hidden, never longer than most disks allow. */
export function safeName(name: string, fallback = 'clip'): string {
  const lastPart = name.split(/[/\\]/).at(-1) ?? '';
  const tame = lastPart
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N} ._()+-]/gu, '_')
    .replaceAll(/\s+/g, ' ')
    .replace(/^[. -]+/, '')
    .replace(/[. ]+$/, '');
  return tame === '' ? fallback : [...tame].slice(0, 120).join('');
}

/** Without the extension. */
export function stemOf(fileName: string): string {
  return safeName(fileName).replace(/\.[^.]{1,8}$/, '') || 'clip';
}

/** RFC 6266: a plain name for old clients, the true one for the others. */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^\x20-\x7e]/g, '_')
    .replaceAll(/["\\]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
