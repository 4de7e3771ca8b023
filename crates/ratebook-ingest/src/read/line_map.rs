//! The page's line of each byte of a text that was made from the page.

/// Maps byte offsets to lines of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct LineMap {
    starts: Vec<usize>,
    lines: Vec<u32>,
}

impl LineMap {
    /// Returns the map of a page's own text.
    pub(super) fn of(source: &str) -> Self {
        let mut map = Self::default();
        let mut start = 0;
        for (index, line) in source.split('\n').enumerate() {
            map.push(start, super::line_number(index));
            start += line.len() + 1;
        }
        map
    }

    /// Records that a line of the page begins at an offset. Offsets must not decrease.
    pub(super) fn push(&mut self, start: usize, line: u32) {
        self.starts.push(start);
        self.lines.push(line);
    }

    /// Returns the line of the byte at an offset, or line 1 before the first line.
    pub(super) fn at(&self, byte: usize) -> u32 {
        let index = self.starts.partition_point(|&start| start <= byte).saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(1)
    }
}
