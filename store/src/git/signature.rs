//! How an author is written into a commit, which takes any text but a few characters.

use jiff::Timestamp;

const NOBODY: &str = "unknown";

/// The author line's value: `Alice <alice@example.org> 1795264747 +0000`. A text without an address gets an empty one.
pub(super) fn signature(author: &str, time: Timestamp) -> String {
    let (name, address) = match author.trim_end().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (plain(name), plain(address)),
        None => (plain(author), String::new()),
    };
    let name = if name.is_empty() { NOBODY.to_owned() } else { name };
    // Git knows no time before 1970.
    format!("{name} <{address}> {} +0000", time.as_second().max(0))
}

/// The text without what git forbids in a name, on one line.
pub(super) fn plain(text: &str) -> String {
    let forbidden = |character: char| character.is_control() || matches!(character, '<' | '>');
    let spaced: String = text.chars().map(|character| if forbidden(character) { ' ' } else { character }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_author_can_sign() {
        for (author, written) in [
            ("alice", "alice <> 7 +0000"),
            ("Alice A <a@example.org>", "Alice A <a@example.org> 7 +0000"),
            ("", "unknown <> 7 +0000"),
            (" <> ", "unknown <> 7 +0000"),
            ("a\nb\0<c\t>d>", "a b <c d> 7 +0000"),
            ("ä😀", "ä😀 <> 7 +0000"),
        ] {
            assert_eq!(signature(author, Timestamp::from_second(7).unwrap()), written);
        }
        assert!(signature("a", Timestamp::MIN).ends_with("> 0 +0000"));
    }
}
