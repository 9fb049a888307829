//! Cells: the records of one arm under one workload, brought together.

use inflight_record::{Flag, Label, Outcome, Record};

/// One arm under one workload.
#[derive(Debug)]
pub struct Cell<'a> {
    /// The arm's name.
    pub arm: &'a str,
    /// Its records, in the order of the input.
    pub records: Vec<&'a Record>,
}

/// A median with the least and the greatest of the values that it stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// Least.
    pub least: f64,
    /// Greatest.
    pub greatest: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            median: inflight_stats::median(values)?,
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            greatest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// The cells of one workload: the floor first, the others by the median of their makespans, those without one last.
///
/// The order is for the eye; with few rounds it claims nothing.
#[must_use]
pub fn cells<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Cell<'a>> {
    let mut cells: Vec<Cell<'a>> = Vec::new();
    for record in records {
        match cells.iter_mut().find(|cell| cell.arm == record.arm) {
            Some(cell) => cell.records.push(record),
            None => cells.push(Cell { arm: &record.arm, records: vec![record] }),
        }
    }
    let key = |cell: &Cell<'_>| {
        let floor = cell.is_of(Label::Floor);
        (!floor, cell.time(|record| record.makespan_ns).map_or(f64::INFINITY, |spread| spread.median))
    };
    cells.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    cells
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds, bytes and counts stay far below 2^53")]
impl Cell<'_> {
    /// Whether its model has this label.
    #[must_use]
    pub fn is_of(&self, label: Label) -> bool {
        self.records.iter().any(|record| record.model.card.label == label)
    }

    /// A time over the batches whose times count.
    pub fn time(&self, figure: impl Fn(&Record) -> Option<u64>) -> Option<Spread> {
        self.spread(Record::times_count, |record| figure(record).map(|value| value as f64))
    }

    /// A figure that rests on times and is none, over the batches whose times count.
    pub fn time_share(&self, figure: impl Fn(&Record) -> Option<f64>) -> Option<Spread> {
        self.spread(Record::times_count, figure)
    }

    /// Excess over the ideal, nanoseconds.
    #[must_use]
    pub fn excess_ns(&self) -> Option<Spread> {
        self.spread(Record::times_count, |record| record.excess_ns.map(|value| value as f64))
    }

    /// A cost over the batches whose costs count.
    pub fn cost(&self, figure: impl Fn(&Record) -> Option<f64>) -> Option<Spread> {
        self.spread(Record::costs_count, figure)
    }

    /// A count of the ledger or of threads over the batches whose costs count.
    pub fn count(&self, figure: impl Fn(&Record) -> Option<u64>) -> Option<Spread> {
        self.cost(|record| figure(record).map(|value| value as f64))
    }

    fn spread(&self, counts: impl Fn(&Record) -> bool, figure: impl Fn(&Record) -> Option<f64>) -> Option<Spread> {
        let values: Vec<f64> =
            self.records.iter().filter(|record| counts(record)).filter_map(|record| figure(record)).collect();
        Spread::of(&values)
    }

    /// How many batches ended so.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> usize {
        self.records.iter().filter(|record| record.outcome == outcome).count()
    }

    /// How many batches had their times left out, though they ended `ok`.
    #[must_use]
    pub fn times_excluded(&self) -> usize {
        self.ended(Outcome::Ok) - self.records.iter().filter(|record| record.times_count()).count()
    }

    /// Each flag with the number of batches that carry it.
    #[must_use]
    pub fn flags(&self) -> Vec<(Flag, usize)> {
        let mut flags: Vec<Flag> = self.records.iter().flat_map(|record| record.flags.iter().copied()).collect();
        flags.sort_unstable();
        flags.chunk_by(|a, b| a == b).map(|chunk| (chunk[0], chunk.len())).collect()
    }
}
