// Settings: precedence, every problem at once, messages that say what to do.
import { describe, expect, test } from 'vitest';
import { loadSettings, renderProblems, renderSettings, settingNames } from '../../agent/settings.ts';
import { type SettingRow, settingsTable } from '../../agent/settings-table.ts';

const load = (over: Partial<Parameters<typeof loadSettings>[0]> = {}) =>
  loadSettings({ command: 'run', flags: {}, env: {}, ...over });

const settingsOf = (loaded: ReturnType<typeof loadSettings>) => {
  if ('problems' in loaded) return expect.fail(renderProblems(loaded.problems));
  return loaded.settings;
};
const problemsOf = (loaded: ReturnType<typeof loadSettings>) => ('problems' in loaded ? loaded.problems : []);

describe('settings', () => {
  test('every default passes its own form, and every example too', () => {
    for (const name of settingNames) {
      const row: SettingRow = settingsTable[name];
      expect(row.form.safeParse(row.default).success, `default of ${name}`).toBe(true);
      expect(row.form.safeParse(row.example).success, `example of ${name}`).toBe(true);
    }
  });

  test('flags win over the environment, the environment over the file, the file over the default', () => {
    const file = { name: 'ollascope.yaml', text: 'output: json\ngpu-interval: 3\nseries-max: 50\n' };
    const env = { OLLASCOPE_OUTPUT: 'none', OLLASCOPE_GPU_INTERVAL: '2' };
    const settings = settingsOf(load({ flags: { output: 'otlp-json' }, env, file }));
    expect([settings.output, settings['gpu-interval'], settings['series-max'], settings.otlp]).toEqual([
      'otlp-json',
      2,
      50,
      'auto',
    ]);
  });

  test('what was given is told apart from defaults', () => {
    const loaded = load({ env: { OLLASCOPE_OTLP: 'auto' } });
    expect('given' in loaded && [...loaded.given]).toEqual(['otlp']);
  });

  test('all problems come at once, each with expected, found and a remedy', () => {
    const loaded = load({
      flags: { 'gpu-interval': '0' },
      env: { OLLASCOPE_OUTPUT: 'xml', OLLASCOPE_METRICS_LISTEN: '127.0.0.1:99999' },
      file: { name: 'ollascope.yaml', text: 'otpl: on\n' },
    });
    expect(renderProblems(problemsOf(loaded)).trimEnd().split('\n')).toEqual([
      'ollascope.yaml: otpl: expected the name of a setting, found otpl. What to do: did you mean otlp?',
      '--gpu-interval: expected whole seconds from 1 to 10, found "0". What to do: for example 1.',
      'OLLASCOPE_METRICS_LISTEN: expected none, a port, or host:port, found "127.0.0.1:99999". What to do: for example 127.0.0.1:9464.',
      'OLLASCOPE_OUTPUT: expected text, json, otlp-json or none, found "xml". What to do: for example json.',
    ]);
  });

  test('broken YAML and YAML that is no mapping are problems, not crashes', () => {
    for (const text of ['a: [', '- a\n- b\n', '"x"']) {
      expect(problemsOf(load({ file: { name: 'x.yaml', text } })), text).toHaveLength(1);
    }
    expect(problemsOf(load({ file: { name: 'x.yaml', text: '' } }))).toEqual([]);
  });

  test('standard variables are honoured in their own units', () => {
    const env = {
      OTEL_METRIC_EXPORT_INTERVAL: '15000',
      OTEL_EXPORTER_PROMETHEUS_PORT: '9000',
      OTEL_SDK_DISABLED: 'true',
      OTEL_SERVICE_NAME: 'chat',
    };
    const settings = settingsOf(load({ env }));
    expect([settings['metric-interval'], settings['metrics-listen'], settings.otlp, settings['service-name']]).toEqual([
      15,
      '127.0.0.1:9000',
      'off',
      'chat',
    ]);
  });

  test('an environment variable of another command does not stop this one', () => {
    expect(problemsOf(load({ command: 'check', env: { OLLASCOPE_OUTPUT: 'xml' } }))).toEqual([]);
  });

  test('the table in the README has a row per setting', () => {
    expect(renderSettings().match(/^\| `--/gm)).toHaveLength(settingNames.length);
  });
});
