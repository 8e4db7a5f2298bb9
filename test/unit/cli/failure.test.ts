import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { printFailure } from '../../../src/cli/framework/failure.ts';
import { KatoError } from '../../../src/domain/base/error.ts';

describe('an error that a command ends with', () => {
  afterEach(() => mock.restoreAll());

  const printed = (error: Error, ...argv: string[]): string => {
    const write = mock.method(process.stderr, 'write', () => true);
    printFailure(error, argv);
    return write.mock.calls.map(({ arguments: [text] }) => String(text)).join('');
  };

  it('has its stack and that of its cause with --debug alone', () => {
    const cause = new Error('the socket was closed');
    const error = new KatoError({ code: 'TIMEOUT', message: 'nobody answered' }, { cause });
    assert.equal(printed(error), 'kato: nobody answered\n');
    const debugged = printed(error, '--debug');
    assert.match(debugged, /^kato: nobody answered\n.*nobody answered\n {4}at /s);
    assert.match(debugged, /\ncaused by Error: the socket was closed\n {4}at /);
  });
});
