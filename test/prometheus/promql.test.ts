// The reader of expressions that the checks of rules and panels stand on.
import { describe, expect, it } from 'vitest';
import { expressionProblems, groupingsOf, labelsOf, selectorsOf, withoutVariables } from '../support/promql.ts';
import { nameProblems } from '../support/promql-names.ts';

describe('PromQL', () => {
  it('lists metrics, matchers and groupings', () => {
    const expr =
      'sum by (host_name, le) (rate(a_bucket{x="1",y=~"b.+"}[5m])) / on (host_name) group_left (hw_name) {__name__="c"} offset 5m';
    expect(expressionProblems(expr)).toEqual([]);
    expect(selectorsOf(expr)).toEqual([
      {
        metric: 'a_bucket',
        matchers: [
          { label: 'x', op: '=', value: '1' },
          { label: 'y', op: '=~', value: 'b.+' },
        ],
      },
      { metric: 'c', matchers: [] },
    ]);
    expect(groupingsOf(expr).map(({ kind, labels, selectors }) => [kind, labels, selectors.length])).toEqual([
      ['by', ['host_name', 'le'], 1],
      ['on', ['host_name'], 2],
      ['group_left', ['hw_name'], 2],
    ]);
    expect(labelsOf(expr)).toEqual(['x', 'y', 'host_name', 'le', 'hw_name']);
  });

  it('says where an expression does not parse', () => {
    expect(expressionProblems('sum(rate(foo[5m])')).toHaveLength(1);
    expect(expressionProblems('foo[$__rate_interval] +')).toHaveLength(1);
    expect(expressionProblems('   ')).toEqual(['the expression is empty']);
  });

  it("fills in Grafana's variables", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana's form of a variable
    expect(withoutVariables('topk($n, rate(a{m=~"$model", g=~"${gpu:regex}"}[$__rate_interval]))')).toBe(
      'topk(1, rate(a{m=~"value", g=~"value"}[5m]))',
    );
    expect(withoutVariables('increase(a[$__range]) / $__range_s')).toBe('increase(a[5m]) / 1');
    expect(withoutVariables('label_replace(up, "x", "$1", "instance", "(.*)")')).toContain('"$1"');
  });

  it('knows the catalogue, and which label belongs to which metric', () => {
    expect(nameProblems('sum by (host_name, hw_id) (hw_power_watts{hw_type="gpu"})')).toEqual([]);
    expect(nameProblems('rate(gen_ai_server_request_duration_seconds_bucket{le="1.28"}[5m])')).toEqual([]);
    expect(nameProblems('hw_power_watts_bucket')).toHaveLength(1);
    expect(nameProblems('hw_gpu_utilization_ratio{gpu="0"}')).toEqual(['hw_gpu_utilization_ratio has no label gpu']);
    expect(nameProblems('sum by (pod) (hw_power_watts)')).toEqual([
      'by (pod): none of the series beneath has this label',
    ]);
    expect(nameProblems('count by (v) (count_values("v", hw_power_watts))')).toEqual([]);
    expect(nameProblems('DCGM_FI_DEV_FB_TOTAL', new Set())[0]).toContain('nobody tells DCGM_FI_DEV_FB_TOTAL');
    expect(nameProblems('my:recorded:ratio', new Set(['my:recorded:ratio']))).toEqual([]);
  });
});
