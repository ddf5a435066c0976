// Tables of log records: a row each, newest first, with the time in the first column.
import { type Given, type PanelSpec, type TablePanel, table } from './panel-form.ts';
import { records } from './queries.ts';
import { RECORD_TIME } from './tables.ts';
import { unit } from './units.ts';

/** Room for date and time. */
const TIME_WIDTH = 170;

type RecordTable = Pick<Given<TablePanel>, 'title' | 'what' | 'none' | 'width' | 'height' | 'columns'> & {
  /** LogQL. */
  readonly query: string;
  readonly rowsMax: number;
};

export const recordTable = ({ query, rowsMax, columns, ...spec }: RecordTable): PanelSpec =>
  table({
    ...spec,
    unit: unit.none,
    rows: 'records',
    queries: [records(query, rowsMax)],
    columns: [{ field: RECORD_TIME[0], title: 'Time', width: TIME_WIDTH }, ...columns],
    sortBy: { title: 'Time', descending: true },
  });
