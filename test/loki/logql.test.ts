// The LogQL parser of the tests: what it takes for known, what it finds wrong.
import { describe, expect, it } from 'vitest';
import { logqlProblems, parseLogql } from '../support/logql.ts';

/** Grafana's longer way to write a variable. */
const braced = (name: string): string => ['$', '{', name, '}'].join('');

describe('names of a LogQL query', () => {
  it('lists labels, fields, events and what the query makes', () => {
    const use = parseLogql(
      'sum by (hw_id) (count_over_time({service_name="ollama"} | event_name=~"nvidia.gpu.fault|nvidia.xid" | trace_id!="" | label_format x="{{.error_type}}" [$__range]))',
    );
    expect(use).toEqual({
      errors: [],
      kind: 'metric',
      labels: ['service_name'],
      fields: ['hw_id', 'event_name', 'trace_id', 'error_type'],
      made: ['x'],
      events: ['nvidia.gpu.fault', 'nvidia.xid'],
    });
  });

  it.each([
    [`{service_name="$service"} | gen_ai_request_model=~"$model" | ollama_request_duration > ${braced('slow')}`, []],
    ['quantile_over_time(0.95, {service_name=~".+"} | unwrap ollama_request_duration | __error__="" [$__auto])', []],
    [`topk($n, sum by (error_type) (rate({host_name="a"} [${braced('window')}])))`, []],
    ['{service_name="x"} | label_format took="{{.ollama_request_duration}}" | took!=""', []],
  ])('%s is right', (query, problems) => expect(logqlProblems(query)).toEqual(problems));

  it.each([
    ['a label that is metadata', '{trace_id="1"}', /^trace_id: expected a stream label/],
    ['a name nobody says', '{service_name="x"} | gpu_id!=""', /^gpu_id: expected an attribute/],
    ['an event nobody tells', '{service_name="x"} | event_name="gpu.xid"', /^gpu\.xid: expected an event name/],
    ['a template with a name nobody says', '{service_name="x"} | line_format "{{.metadata_model}}"', /^metadata_model/],
    ['a bare unwrap, as a document had it', '{service_name="x"} | unwrap duration > 1s', /^does not parse/],
    ['a range after a pipe, as a document had it', '{service_name="x"} | count_over_time[1h]', /^does not parse/],
  ])('finds %s', (_, query, problem) => expect(logqlProblems(query).join('\n')).toMatch(problem));
});
