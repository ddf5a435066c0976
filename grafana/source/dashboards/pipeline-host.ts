// Pipeline health, third part: the machine under all of it, as the Collector's host_metrics receiver tells.
import type { RowSpec } from '../dashboard.ts';
import { foreign, ofHost } from '../expressions.ts';
import { graph, rising } from '../panel-form.ts';
import { over } from '../queries.ts';
import { unit } from '../units.ts';

const HOST = '{{host_name}}';
const NONE = 'The Collector does not tell of its host: the receiver host_metrics is not in its pipeline.';

const cpu = foreign('system_cpu_time_seconds_total', ofHost);
const idle = foreign('system_cpu_time_seconds_total', ofHost, 'state="idle"');

const flow = (name: 'system_disk_io_bytes_total' | 'system_network_io_bytes_total'): string =>
  `sum by (host_name, direction) (rate(${foreign(name, ofHost)}[$__rate_interval]))`;

export const hostRow: RowSpec = {
  title: 'The machine',
  panels: [
    graph({
      title: 'Processor',
      what: 'Share of all cores that is busy. Layers of a model on the CPU show here.',
      none: NONE,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [
        over(
          `1 - sum by (host_name) (rate(${idle}[$__rate_interval])) / sum by (host_name) (rate(${cpu}[$__rate_interval]))`,
          HOST,
        ),
      ],
    }),
    graph({
      title: 'Load average',
      what: 'Processes that run or wait to, averaged over a minute.',
      none: NONE,
      unit: unit.none,
      min: 0,
      width: 8,
      queries: [over(foreign('system_cpu_load_average_1m', ofHost), HOST)],
    }),
    graph({
      title: 'Memory of the machine',
      what: 'Memory in use, with all of it as a dashed line. Models that do not fit on a GPU take it.',
      none: NONE,
      unit: unit.bytes,
      min: 0,
      width: 8,
      limits: '/^all /',
      queries: [
        over(foreign('system_memory_usage_bytes', ofHost, 'state="used"'), HOST),
        over(foreign('system_memory_limit_bytes', ofHost), `all ${HOST}`),
      ],
    }),
    graph({
      title: 'Disks in use',
      what: 'Share of each file system in use. Queues, logs and models all need room.',
      none: NONE,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      thresholds: rising(0.8, 0.9),
      queries: [
        over(
          `max by (host_name, mountpoint) (${foreign('system_filesystem_utilization_ratio', ofHost, 'mode="rw"')})`,
          `{{mountpoint}} ${HOST}`,
        ),
      ],
    }),
    graph({
      title: 'Disk traffic',
      what: 'Bytes read and written per second. A load reads a whole model unless it is still in the page cache.',
      none: NONE,
      unit: unit.bytesPerSecond,
      min: 0,
      width: 8,
      queries: [over(flow('system_disk_io_bytes_total'), `{{direction}} ${HOST}`)],
    }),
    graph({
      title: 'Network traffic',
      what: 'Bytes per second, loopback left out. A pull of a model shows here.',
      none: NONE,
      unit: unit.bytesPerSecond,
      min: 0,
      width: 8,
      queries: [over(flow('system_network_io_bytes_total'), `{{direction}} ${HOST}`)],
    }),
  ],
};
