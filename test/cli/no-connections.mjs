// Loaded into every process of a test: notes that it was loaded, and that a connection or a look-up was tried.
import { appendFileSync } from 'node:fs';
import dns from 'node:dns';
import net from 'node:net';

const log = process.env.NO_CONNECTIONS_LOG;
const forbid = (what) => {
  appendFileSync(log, `tried ${what}\n`);
  throw Object.assign(new Error(`a connection was tried: ${what}`), { code: 'ECONNREFUSED' });
};
appendFileSync(log, `loaded ${process.argv.includes('--smooth-foley-job') ? 'in the child' : 'in the parent'}\n`);
net.Socket.prototype.connect = () => forbid('connect');
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  dns[name] = () => forbid(name);
  dns.promises[name] = () => forbid(name);
}
