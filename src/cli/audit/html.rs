//! An audit as a page that stands alone: no script, nothing loaded from elsewhere, everything of others escaped.

use super::super::output::Paint;
use super::super::text_diff;
use super::Report;
use super::table::HEADS;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d8dee4}
th{position:sticky;top:0;background:#f6f8fa}
td.hash,pre{font-family:ui-monospace,monospace;font-size:13px}
pre{background:#f6f8fa;padding:.8rem;overflow:auto}tr.differs td{background:#fff4f2}
summary{cursor:pointer;margin-top:1rem}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,pre{background:#161b22}
th,td{border-color:#30363d}tr.differs td{background:#3a1d1d}}";

/// The columns that hold hashes.
const HASH_COLUMNS: [usize; 2] = [1, 5];

impl Report<'_> {
    pub(super) fn as_html(&self) -> String {
        let title = escape(&self.title());
        let heads = &HEADS[..HEADS.len() - usize::from(!self.is_live)];
        let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
        let mut rows = String::new();
        for row in &self.audit.rows {
            let differs = if row.drift().is_some() || row.error.is_some() { " class=\"differs\"" } else { "" };
            rows.push_str(&format!("<tr{differs}>"));
            for (index, cell) in self.cells(row).iter().enumerate() {
                let class = if HASH_COLUMNS.contains(&index) { " class=\"hash\"" } else { "" };
                rows.push_str(&format!("<td{class}>{}</td>", escape(cell)));
            }
            rows.push_str("</tr>\n");
        }
        let mut changes = String::new();
        for (pair, tenants) in self.pairs() {
            let (what, text) = match self.audit.changes.get(&pair) {
                Some(Ok(diff)) => (text_diff::summary(diff), text_diff::render(diff, Paint::PLAIN)),
                Some(Err(error)) => ("cannot be told".to_owned(), error.clone()),
                None => continue,
            };
            changes.push_str(&format!(
                "<details><summary>{} to {}: {}; {}</summary>\n<pre>{}</pre></details>\n",
                pair.0.short(),
                pair.1.short(),
                escape(&what),
                escape(&tenants.join(", ")),
                escape(&text)
            ));
        }
        let changes = if changes.is_empty() { changes } else { format!("<h2>What has changed since</h2>\n{changes}") };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
             <p>Times are in UTC. A schema is named by the first 12 digits of its SHA-256.</p>\n\
             <table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{changes}</body>\n</html>\n"
        )
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
