"""The one room that opens sockets to sources: guarded, polite, bounded in time and size."""
