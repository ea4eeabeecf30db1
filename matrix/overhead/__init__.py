"""What compiling, caching and recursion cost: measured cell by cell, judged, tabled and drawn."""
