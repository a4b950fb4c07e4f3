"""What sources are asked and how their answers are read: pure, one file a kind in `kinds/`."""
