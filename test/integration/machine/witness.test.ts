import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReloadConfirm } from '../../../src/domain/roles/role.ts';
import { witnessOf } from '../../../src/machine/apply/witness.ts';

const FIELD = 'config_load_time';

describe('what a service says of its config', function () {
  this.timeout(20_000);
  let answer: (response: ServerResponse) => void;
  const server = createServer((_request, response) => answer(response));
  let confirm: ReloadConfirm;

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    confirm = { http: `http://127.0.0.1:${port}/varz`, field: FIELD };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const said = (value: string, characters: number) => (response: ServerResponse) =>
    response.end(JSON.stringify({ [FIELD]: value, fill: 'x'.repeat(characters) }));

  it('shows that it took one', async () => {
    answer = said('then', 900_000);
    const isTaken = (await witnessOf(confirm, 0))!;
    assert.equal(await isTaken(), false);
    answer = said('now', 900_000);
    assert.equal(await isTaken(), true);
  });

  it('shows nothing in an answer of more than a megabyte, which is not read to its end', async () => {
    answer = said('then', 2_000_000);
    assert.equal(await witnessOf(confirm, 0), null);
  });

  it('shows nothing where it ends in the middle of it', async () => {
    answer = (response) => {
      response.write(`{"${FIELD}":1`, () => response.destroy());
    };
    assert.equal(await witnessOf(confirm, 0), null);
  });

  it('shows nothing while it says a little every moment, without an end', async () => {
    let timer: NodeJS.Timeout | undefined;
    answer = (response) => {
      response.write(`{"${FIELD}":1`);
      timer = setInterval(() => response.write(' '), 100);
    };
    assert.equal(await witnessOf(confirm, 0), null);
    clearInterval(timer);
  });
});
