//! The table that a bench prints: what was measured beside a peer or a floor of the same run, and the goal.

use std::time::Duration;

/// What a bench has found, printed when it is dropped.
pub(crate) struct Report {
    rows: Vec<[String; 5]>,
}

impl Report {
    /// A report with its table's head.
    pub(crate) fn new() -> Self {
        Self { rows: vec![["measured", "time", "against", "ratio", "goal"].map(str::to_owned)] }
    }

    /// One thing measured, what it is held against (its name and time), and the time that it should not exceed.
    pub(crate) fn row(&mut self, what: &str, time: Duration, against: (&str, Duration), limit: Option<Duration>) {
        let ratio = time.as_secs_f64() / against.1.as_secs_f64();
        let goal = limit.map_or_else(String::new, |limit| {
            format!("at most {}: {}", milliseconds(limit), if time <= limit { "met" } else { "MISSED" })
        });
        let against = format!("{} {}", against.0, milliseconds(against.1));
        self.rows.push([what.to_owned(), milliseconds(time), against, format!("{ratio:.2}"), goal]);
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

impl Drop for Report {
    fn drop(&mut self) {
        let widths: [usize; 5] = std::array::from_fn(|column| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        });
        for row in &self.rows {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
    }
}
