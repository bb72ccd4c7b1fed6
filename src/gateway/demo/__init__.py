"""`sportello demo`: real input through all four doors of a running gateway, shown as it happens."""
