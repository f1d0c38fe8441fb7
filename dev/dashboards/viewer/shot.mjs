// Takes a picture of a page with headless Chromium over its DevTools protocol.
// usage: node shot.mjs URL OUT.png WIDTH HEIGHT    prints {"errors", "queries", "panels"} as JSON; 1 when the page reported an error
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';

const [url, out, width, height] = process.argv.slice(2);
const PATIENCE = 60_000; // ms, for a busy machine
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'dashboard-shot-'));
const chromium = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-port=0', '--remote-debugging-address=127.0.0.1',
  `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });

// Chromium prints the address that it chose.
const browser = await new Promise((resolve, reject) => {
  let text = '';
  chromium.stderr.on('data', (piece) => { const found = /ws:\/\/([^/]+)\//.exec((text += piece)); if (found) resolve(found[1]); });
  chromium.on('exit', () => reject(new Error(`chromium ended:\n${text}`)));
});
const [page] = (await (await fetch(`http://${browser}/json`)).json()).filter(({ type }) => type === 'page');
const socket = new WebSocket(page.webSocketDebuggerUrl);
await new Promise((resolve) => socket.on('open', resolve));

let calls = 0;
const waiting = new Map(), errors = [];
const send = (method, params = {}) => new Promise((resolve) => { waiting.set(++calls, resolve); socket.send(JSON.stringify({ id: calls, method, params })); });
socket.on('message', (message) => {
  const { id, result, method, params } = JSON.parse(message);
  if (id) waiting.get(id)?.(result);
  if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
});
const evaluate = async (expression) => JSON.parse((await send('Runtime.evaluate', { expression: `JSON.stringify(${expression})`, returnByValue: true })).result.value ?? 'null');

await send('Runtime.enable');
await send('Page.enable');
await send('Emulation.setDeviceMetricsOverride', { width: +width, height: +height, deviceScaleFactor: 1, mobile: false });
await send('Page.navigate', { url });
// Drawn when for two seconds no query was asked and the text stayed the same.
for (let before = '', same = 0, end = Date.now() + PATIENCE; same < 4 && Date.now() < end; await sleep(500)) {
  const now = await evaluate('[window.report?.queries.length, document.querySelector("#root")?.innerText]');
  same = now[0] > 0 && JSON.stringify(now) === before ? same + 1 : 0;
  before = JSON.stringify(now);
}
const seen = await evaluate(`{ errors: window.report.errors, queries: window.report.queries,
  panels: [...document.querySelectorAll('section')].map((s) => ({ title: s.querySelector('h2')?.innerText, drawn: s.querySelectorAll('canvas').length, text: s.innerText.replace(/\\s+/g, ' ') })) }`);
seen.errors.push(...errors);
fs.writeFileSync(out, Buffer.from((await send('Page.captureScreenshot', { format: 'png' })).data, 'base64'));
console.log(JSON.stringify(seen));
chromium.removeAllListeners('exit');
chromium.kill();
await new Promise((resolve) => chromium.on('exit', resolve));
fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
process.exit(seen.errors.length ? 1 : 0);
