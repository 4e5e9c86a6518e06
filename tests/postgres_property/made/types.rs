//! Enums, domains, composites, ranges, collations, types of extensions, sequences.

use super::{Maker, Type};

impl Maker {
    pub(super) fn types(&mut self) {
        self.extensions();
        self.enums();
        self.collations();
        self.domains();
        self.composites();
        self.ranges();
    }

    fn new_type(&mut self, slot: &str, id: &str, name: String, value: &str, is_ordered: bool) {
        let (slot, id, value) = (slot.to_owned(), id.to_owned(), value.to_owned());
        self.types.push(Type { slot, id, name, value, is_ordered });
    }

    fn extensions(&mut self) {
        let at = self.top.at("extension");
        if !self.with("extensions", 15) || self.is_in_schema() {
            return;
        }
        for (slot, name, value) in [("ci", "citext", "n::text"), ("hs", "hstore", "'a=>1'"), ("lt", "ltree", "'a.b'")] {
            if at.chance(name, 50) {
                self.script.add(name, &[], format!("CREATE EXTENSION {name}"));
                self.new_type(slot, name, name.to_owned(), value, true);
            }
        }
        for name in ["btree_gist", "pg_trgm"] {
            if at.chance(name, 50) {
                self.script.add(name, &[], format!("CREATE EXTENSION {name}"));
            }
        }
    }

    fn enums(&mut self) {
        if !self.with("enums", 50) {
            return;
        }
        for slot in ["e0", "e1"] {
            let at = self.top.at(slot);
            if !at.chance("is there", 80) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let mut values = vec!["'a'"];
            for value in ["'b'", "'c c'", "'d''d'", "'E'"] {
                if at.chance(value, 60) {
                    values.insert(at.pick(&format!("place of {value}"), values.len() + 1), value);
                }
            }
            self.script.add(slot, &[schema], format!("CREATE TYPE {name} AS ENUM ({})", values.join(", ")));
            self.subject(slot, format!("TYPE {name}"));
            self.new_type(slot, slot, name.clone(), "'a'", true);
            self.new_type(&format!("{slot}s"), slot, format!("{name}[]"), "'{a}'", true);
        }
    }

    fn collations(&mut self) {
        if !self.with("collations", 20) {
            return;
        }
        let at = self.top.at("co");
        if at.chance("is there", 80) {
            let (prefix, schema) = self.prefix(&at, "co");
            let name = format!("{prefix}{}", self.name(&at, "co"));
            let options = at.one(
                "options",
                &[
                    "(provider = libc, locale = 'C')",
                    "(provider = icu, locale = 'de')",
                    "(provider = icu, locale = 'en-u-ks-level2', deterministic = false)",
                    "(provider = icu, locale = 'sv')",
                ],
            );
            self.script.add("co", &[schema], format!("CREATE COLLATION {name} {options}"));
            self.subject("co", format!("COLLATION {name}"));
            self.new_type("co", "co", name, "", false);
        }
    }

    fn domains(&mut self) {
        if !self.with("domains", 40) {
            return;
        }
        for slot in ["d0", "d1", "d2"] {
            let at = self.top.at(slot);
            if !at.chance("is there", 60) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let bases = ["integer", "bigint", "text", "varchar(12)", "numeric(8,0)", "integer[]", "d0", "e0"];
            // Rows of numbers are none of an enum, nor the other way round.
            let is_over_other = at.shared("over another", 4) == 3;
            let base = if self.with_rows && !is_over_other {
                at.mostly("base", 60, &bases[..5])
            } else if self.with_rows {
                bases[6 + at.shared("other base", 2)]
            } else {
                at.mostly("base", 50, &bases)
            };
            let mut base = base.to_owned();
            let mut needs = vec![schema];
            let (value, is_number) = match base.as_str() {
                "d0" | "e0" => match self.types.iter().find(|each| each.slot == base) {
                    Some(found) if base != slot => {
                        needs.push(if base == "d0" { "d0" } else { "e0" });
                        base = found.name.clone();
                        (found.value.clone(), false)
                    }
                    _ if self.with_rows && base == "e0" => {
                        base = "text".to_owned();
                        ("'a'".to_owned(), false)
                    }
                    _ => {
                        base = "integer".to_owned();
                        ("n".to_owned(), true)
                    }
                },
                "integer[]" => ("'{1}'".to_owned(), false),
                _ => ("n".to_owned(), true),
            };
            let collation = self.type_of_slot("co").map(|each| each.name.clone());
            let mut more = String::new();
            if base == "text" && at.chance("collated", 30) {
                match collation {
                    Some(collation) => {
                        needs.push("co");
                        more.push_str(&format!(" COLLATE {collation}"));
                    }
                    None => more.push_str(" COLLATE \"C\""),
                }
            }
            if is_number && at.chance("default", 40) {
                more.push_str(&format!(" DEFAULT {}", at.one("default value", &["5", "6", "(2 + 3)"])));
            }
            // What may be null on one side would stop the other.
            if !self.with_rows && at.chance("not null", 20) {
                more.push_str(" NOT NULL");
            }
            for (check, text) in
                [("a", "length(VALUE::text) < 99"), ("b", "VALUE::text <> 'x'"), ("c", "VALUE IS NOT NULL")]
            {
                if at.chance(check, 20) && !(self.with_rows && check == "c") {
                    let named = if at.chance(&format!("{check} named"), 60) {
                        format!(" CONSTRAINT {slot}_{check}")
                    } else {
                        String::new()
                    };
                    more.push_str(&format!("{named} CHECK ({text})"));
                }
            }
            self.script.add(slot, &needs, format!("CREATE DOMAIN {name} AS {base}{more}"));
            self.subject(slot, format!("DOMAIN {name}"));
            self.new_type(slot, slot, name.clone(), &value, base != "integer[]");
            let value = if is_number { "'{1}'" } else { "'{}'" };
            self.new_type(&format!("{slot}s"), slot, format!("{name}[]"), value, false);
        }
    }

    fn composites(&mut self) {
        if !self.with("composites", 30) {
            return;
        }
        for slot in ["c0", "c1"] {
            let at = self.top.at(slot);
            if !at.chance("is there", 70) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let mut needs = vec![schema.to_owned()];
            let mut attributes = Vec::new();
            for (attribute, type_slot) in [("a0", ""), ("a1", "e0"), ("a2", "d0"), ("a3", "c0"), ("a4", "")] {
                if !at.chance(attribute, 60) {
                    continue;
                }
                let found = self.types.iter().find(|each| each.slot == type_slot && slot != type_slot);
                let type_name = match found {
                    Some(found) => {
                        needs.push(found.id.clone());
                        found.name.clone()
                    }
                    None => "integer".to_owned(),
                };
                attributes.push(format!("{attribute} {type_name}"));
            }
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            self.script.add(slot, &needs, format!("CREATE TYPE {name} AS ({})", attributes.join(", ")));
            self.subject(slot, format!("TYPE {name}"));
            let value = format!("'({})'", ",".repeat(attributes.len().saturating_sub(1)));
            self.new_type(slot, slot, name.clone(), if attributes.is_empty() { "NULL" } else { &value }, false);
            self.new_type(&format!("{slot}s"), slot, format!("{name}[]"), "'{}'", false);
        }
    }

    fn ranges(&mut self) {
        let at = self.top.at("r0");
        if !self.with("ranges", 20) || !at.chance("is there", 80) {
            return;
        }
        let (prefix, schema) = self.prefix(&at, "r0");
        let name = format!("{prefix}{}", self.name(&at, "r0"));
        let options = at.one(
            "options",
            &[
                "subtype = integer",
                "subtype = numeric",
                "subtype = text, collation = \"C\"",
                "subtype = float8, subtype_diff = float8mi",
                "subtype = bigint, multirange_type_name = r0_many",
            ],
        );
        self.script.add("r0", &[schema], format!("CREATE TYPE {name} AS RANGE ({options})"));
        self.subject("r0", format!("TYPE {name}"));
        self.new_type("r0", "r0", name.clone(), "'[1,2]'", true);
        self.new_type("r0s", "r0", format!("{name}[]"), "'{\"[1,2]\"}'", true);
    }

    pub(super) fn sequences(&mut self) {
        for slot in ["s0", "s1"] {
            let at = self.top.at(slot);
            if !self.with("sequences", 50) || !at.chance("is there", 70) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let options = at.mostly(
                "options",
                40,
                &[
                    "",
                    " INCREMENT 5",
                    " MAXVALUE 1000000",
                    " AS integer CYCLE",
                    " CACHE 7",
                    " AS smallint START 10",
                    " MINVALUE -5 START -5",
                    " INCREMENT -1 MAXVALUE 1000 MINVALUE -1000",
                ],
            );
            let unlogged = "";
            self.script.add(slot, &[schema], format!("CREATE{unlogged} SEQUENCE {name}{options}"));
            self.subject(slot, format!("SEQUENCE {name}"));
            self.sequences.push((slot, slot.to_owned(), name));
        }
    }
}
