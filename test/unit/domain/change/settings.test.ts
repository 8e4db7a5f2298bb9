import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import { changeSetting } from '../../../../src/domain/document/setting-changes.ts';
import { settingsOf } from '../../../../src/domain/document/settings.ts';
import type { SettingValue } from '../../../../src/domain/roles/role.ts';
import { asked, catalogue, clusterWith } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

function set(cluster: Cluster, component: string, key: string, value: SettingValue) {
  return changeSetting(cluster, { component, key, act: 'set', value }, asked());
}

function item(cluster: Cluster, act: 'push' | 'pop', value: string) {
  const params = { component: 'router', key: 'trusted_proxies', act, value };
  return changeSetting(cluster, params, asked());
}

const cluster = clusterWith({ a: ['redis'] });

describe('settings', () => {
  it('are their defaults until somebody sets them, and only what differs is kept', () => {
    assert.equal(settingsOf(cluster, catalogue, 'redis').port, 6379);
    const changed = set(cluster, 'redis', 'port', '6380');
    assert.equal(changed.result, 6380);
    assert.deepEqual(touched(cluster, changed), ['a']);
    assert.equal(settingsOf(changed.cluster, catalogue, 'redis').port, 6380);
    const back = changeSetting(
      changed.cluster,
      { component: 'redis', key: 'port', act: 'del' },
      asked(),
    );
    assert.equal(back.result, 6379);
    assert.deepEqual(back.cluster.settings.redis, {});
  });

  it('give no two roles of one node the same port', () => {
    const both = clusterWith({ a: ['redis', 'memcached'], b: ['router'] });
    assert.throws(() => set(both, 'redis', 'port', 11211), {
      code: 'PORT_TAKEN',
      message: 'port 11211 on a would be used twice',
      why: "by the roles 'memcached' and 'redis', both on this node",
    });
    assert.throws(() => set(both, 'router', 'https_port', 80), {
      why: "by two settings of 'router'",
    });
    assert.ok(set(both, 'router', 'https_port', 6379).changed, 'that is on another node');
  });

  it('set to what they are is already so', () => {
    assert.equal(set(cluster, 'redis', 'port', 6379).changed, false);
  });

  it('have types and ranges, and say what they take', () => {
    const cases: [string, string, SettingValue, RegExp][] = [
      ['redis', 'port', 'http', /a whole number from 1 to 65535/],
      ['redis', 'port', 0, /from 1 to 65535/],
      ['redis', 'port', '80.5', /a whole number/],
      ['redis', 'port', ['1'], /a whole number/],
      ['redis', 'append_fsync', 'never', /one of always, everysec/],
      ['redis', 'max_memory', 'lots', /a size such as/],
      ['redis', 'max_memory', '1025g', /at most 1024g/],
      ['redis', 'max_memory', '99999999999999999999', /at most 1024g/],
      ['router', 'drain', '10', /a time such as/],
      ['router', 'drain', '10S', /a time such as/],
      ['router', 'drain', '0s', /more than 0/],
      ['router', 'drain', '366d', /at most 365d/],
      ['router', 'trusted_proxies', ['10.0.0.9; deny all'], /a list of addresses/],
      ['router', 'trusted_proxies', ['proxy.example.com'], /a list of addresses/],
      ['router', 'trusted_proxies', '10.0.0.0/33', /a list of addresses/],
      ['cluster', 'heartbeat.interval', 'often', /a number from 0.1 to 3600/],
    ];
    for (const [component, key, value, why] of cases) {
      const wrong = () => set(cluster, component, key, value);
      assert.throws(wrong, { code: 'BAD_VALUE', why }, `${component} ${key} ${value}`);
    }
  });

  it('name the items of a list that are wrong, and not the others', () => {
    const wrong = () => set(cluster, 'router', 'trusted_proxies', ['10.1.0.0/16', 'x', '10.2.0.1']);
    assert.throws(wrong, { message: 'router trusted_proxies cannot have "x"' });
  });

  it('take what their type allows as it was typed', () => {
    for (const value of ['365d', '1500ms', '1ms']) {
      assert.equal(set(cluster, 'router', 'drain', value).result, value);
    }
    for (const value of ['1024g', '512M', '1099511627776', '0']) {
      assert.equal(set(cluster, 'router', 'max_body_size', value).result, value);
    }
  });

  it('leave the bus where every node looks for it', () => {
    assert.throws(() => set(cluster, 'primary', 'port', 4333), {
      code: 'CONFLICT',
      message: 'primary port stays 4222',
    });
    assert.equal(set(cluster, 'primary', 'port', 4222).changed, false);
  });

  it('that do not exist are refused with what was meant', () => {
    assert.throws(() => set(cluster, 'redis', 'prot', 1), {
      code: 'UNKNOWN_KEY',
      why: "did you mean 'port'?",
    });
    assert.throws(() => set(cluster, 'radis', 'port', 1), {
      code: 'UNKNOWN_KEY',
      why: "did you mean 'redis'?",
    });
  });

  it('that are lists take items in and out, each once', () => {
    const one = item(cluster, 'push', '10.0.0.9').cluster;
    const two = item(one, 'push', '10.0.0.8').cluster;
    assert.deepEqual(two.settings.router!.trusted_proxies, ['10.0.0.9', '10.0.0.8']);
    assert.equal(item(two, 'push', '10.0.0.9').changed, false);
    assert.deepEqual(item(two, 'pop', '10.0.0.9').result, ['10.0.0.8']);
    assert.equal(item(cluster, 'pop', '10.0.0.9').changed, false);
    const push = { component: 'redis', key: 'port', act: 'push', value: '1' } as const;
    assert.throws(() => changeSetting(cluster, push, asked()), { code: 'BAD_VALUE' });
  });
});

describe('heartbeat times', () => {
  const times = (delay: number, interval: number, inactive: number, dead: number) =>
    [
      ['considerDead', dead],
      ['considerInactive', inactive],
      ['interval', interval],
      ['delay', delay],
    ] as const;

  it('of Rundeck (delay 10, interval 30, inactive 150, dead 300) can be set one after the other', () => {
    let now = cluster;
    for (const [key, value] of times(10, 30, 150, 300)) {
      now = set(now, 'cluster', `heartbeat.${key}`, value).cluster;
    }
    assert.equal(settingsOf(now, catalogue, 'cluster')['heartbeat.considerDead'], 300);
  });

  it('must each be at least twice the one before', () => {
    for (const [key, value] of [
      ['interval', 3.1],
      ['considerInactive', 3.9],
      ['considerInactive', 6.1],
      ['considerDead', 11.9],
    ] as const) {
      const wrong = () => set(cluster, 'cluster', `heartbeat.${key}`, value);
      assert.throws(wrong, { code: 'BAD_VALUE' }, `${key} ${value}`);
    }
    assert.ok(set(cluster, 'cluster', 'heartbeat.interval', 3).changed);
  });

  it('of the cluster touch every node, where agents go by them', () => {
    const touchedBy = (key: string, value: number) =>
      touched(cluster, set(cluster, 'cluster', key, value));
    assert.deepEqual(touchedBy('heartbeat.interval', 1), ['core', 'a']);
    assert.deepEqual(touchedBy('heartbeat.considerDead', 30), []);
    assert.deepEqual(touchedBy('announced.total', 3000), []);
  });
});
