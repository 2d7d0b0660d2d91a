// A core of our own on 127.0.0.1: it serves a JWKS document, and writes down what it is asked to verify.
import { createServer } from 'node:http';

export async function startCore(verifyAnswer) {
  const core = { jwks: { status: 200 }, verified: [], unexpected: [] };
  const server = createServer((request, response) => {
    const path = request.url.split('?')[0];
    const json = (value, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (path === '/.well-known/jwks.json') {
      const { status, body } = core.jwks;
      if (body === undefined) return request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      return response.end(body);
    }
    if (path === '/apiversion') return json({ versions: ['5.0', '5.1', '5.2', '5.3', '5.4'] });
    if (path === '/recipe/session/verify') {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        core.verified.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        json(verifyAnswer);
      });
      return undefined;
    }
    core.unexpected.push(`${request.method} ${path}`);
    return json({ status: 'UNEXPECTED', path }, 404);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  core.uri = `http://127.0.0.1:${server.address().port}`;
  core.stop = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return core;
}
