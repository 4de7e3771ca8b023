//! Lines that frame the content: front matter, the modules of MDX, and thematic breaks.

/// Returns the number of lines of the front matter. A blank line does not end it.
pub(super) fn front_matter_len(lines: &[&str]) -> usize {
    let Some(start) = lines.iter().position(|line| !line.trim().is_empty()) else { return 0 };
    let mark = lines[start].trim_end();
    if mark != "---" && mark != "+++" {
        return 0;
    }
    const MAX_LINES: usize = 100;
    let rest = lines.iter().enumerate().skip(start + 1).take(MAX_LINES);
    rest.into_iter().find(|(_, line)| line.trim_end() == mark).map_or(0, |(end, _)| end + 1)
}

/// Returns whether a line is a thematic break.
pub(super) fn is_break(line: &str) -> bool {
    ['-', '*', '_']
        .into_iter()
        .any(|mark| line.chars().filter(|&c| c == mark).count() >= 3 && line.chars().all(|c| c == mark || c == ' '))
}

/// Returns the index after an `import` or `export` of MDX that begins at an index.
pub(super) fn module_end(lines: &[&str], at: usize) -> Option<usize> {
    let line = lines[at];
    let is_import = line.starts_with("import ") && line.contains(['"', '\'']) || line == "import {";
    let is_export = line.starts_with("export ")
        && ["const ", "let ", "var ", "function ", "default ", "async "].iter().any(|word| line[7..].starts_with(word));
    if !is_import && !is_export {
        return None;
    }
    const MAX_LINES: usize = 200;
    let mut depth = 0usize;
    for (offset, line) in lines[at..].iter().take(MAX_LINES).enumerate() {
        for byte in line.bytes() {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return Some(at + offset + 1);
        }
    }
    Some(at + 1)
}
