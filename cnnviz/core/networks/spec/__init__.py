"""Networks as data, without torch: what rows there are, their arithmetic, reading, writing, editing, exporting."""
